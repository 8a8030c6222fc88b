package dev.muster.master.auth;

import io.grpc.Attributes;
import io.grpc.ServerTransportFilter;

/** Gives each accepted connection its {@link PeerTransport}, which every call on it then sees. */
final class TransportAuth extends ServerTransportFilter {
  private final ConnectionGate gate;

  TransportAuth(ConnectionGate gate) {
    this.gate = gate;
  }

  @Override
  public Attributes transportReady(Attributes attributes) {
    return attributes.toBuilder()
        .set(PeerTransport.ATTRIBUTE, new PeerTransport(attributes, gate))
        .build();
  }
}
