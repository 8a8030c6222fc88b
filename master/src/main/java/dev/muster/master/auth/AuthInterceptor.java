package dev.muster.master.auth;

import dev.muster.proto.v1.AuthGrpc;
import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import io.grpc.health.v1.HealthGrpc;

/**
 * Lets a call through only on a connection that is authenticated. Open to strangers are the
 * authentication itself and health; reflection is not.
 */
final class AuthInterceptor implements ServerInterceptor {
  private static final Status NOT_AUTHENTICATED =
      Status.UNAUTHENTICATED.withDescription(
          "this connection is not authenticated; call muster.v1.Auth/Authenticate on it first");

  @Override
  public <Q, R> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
    PeerTransport transport = call.getAttributes().get(PeerTransport.ATTRIBUTE);
    if (transport == null) {
      // Without the filter nothing is known of the connection.
      return refuse(call);
    }
    String service = String.valueOf(call.getMethodDescriptor().getServiceName());
    if (service.equals(AuthGrpc.SERVICE_NAME)) {
      Context context = Context.current().withValue(PeerTransport.CONTEXT_KEY, transport);
      return Contexts.interceptCall(context, call, headers, next);
    }
    if (service.equals(HealthGrpc.SERVICE_NAME)) {
      return next.startCall(call, headers);
    }
    Principal principal = transport.principal();
    if (principal == null) {
      return refuse(call);
    }
    Context context = Context.current().withValue(Principal.CONTEXT_KEY, principal);
    return Contexts.interceptCall(context, call, headers, next);
  }

  /** Nothing of the request is read. */
  private static <Q, R> ServerCall.Listener<Q> refuse(ServerCall<Q, R> call) {
    call.close(NOT_AUTHENTICATED, new Metadata());
    return new ServerCall.Listener<>() {};
  }
}
