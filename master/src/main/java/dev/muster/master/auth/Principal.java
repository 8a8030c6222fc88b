package dev.muster.master.auth;

import io.grpc.Context;

/**
 * Who is calling: the holder of a key. Scopes and queue prefixes will stand here, beside the id.
 *
 * @param keyId the key's id; not secret
 */
public record Principal(String keyId) {
  /**
   * Set for every call that {@link AuthInterceptor} let through, except health and authentication.
   */
  public static final Context.Key<Principal> CONTEXT_KEY = Context.key("muster-principal");
}
