package dev.muster.client;

import com.google.protobuf.ByteString;
import dev.muster.proto.v1.EnqueueFrame;
import dev.muster.proto.v1.EnqueueReplies;
import dev.muster.proto.v1.EnqueueReply;
import dev.muster.proto.v1.EnqueueRequest;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The other end of the stream, on the caller's thread: it answers when it is told to. */
final class StillMaster extends Channel {
  final Deque<EnqueueFrame> waiting = new ArrayDeque<>();
  private ClientCall.Listener<EnqueueReplies> replies = new ClientCall.Listener<>() {};
  final Map<String, List<ByteString>> payloads = new HashMap<>();
  int frames;
  int requests;
  private long lastId;

  void answerAll() {
    while (!waiting.isEmpty()) {
      answerOne();
    }
  }

  void answerOne() {
    EnqueueReplies.Builder answers = EnqueueReplies.newBuilder();
    for (EnqueueRequest request : waiting.remove().getRequestsList()) {
      answers.addReplies(
          EnqueueReply.newBuilder()
              .setNumber(request.getRequest().getNumber())
              .setFirstId(lastId + 1)
              .setCount(request.getPayloadsCount()));
      lastId += request.getPayloadsCount();
    }
    replies.onMessage(answers.build());
  }

  /** Instead: the next frame is answered so. */
  void answer(EnqueueReply... answers) {
    waiting.remove();
    replies.onMessage(EnqueueReplies.newBuilder().addAllReplies(List.of(answers)).build());
  }

  @Override
  public <Q, R> ClientCall<Q, R> newCall(MethodDescriptor<Q, R> method, CallOptions options) {
    return new ClientCall<>() {
      @Override
      @SuppressWarnings("unchecked") // the client opens this one kind of call only
      public void start(Listener<R> listener, Metadata headers) {
        replies = (Listener<EnqueueReplies>) listener;
      }

      @Override
      public void sendMessage(Q message) {
        EnqueueFrame frame = (EnqueueFrame) message;
        waiting.add(frame);
        frames++;
        requests += frame.getRequestsCount();
        for (EnqueueRequest request : frame.getRequestsList()) {
          payloads
              .computeIfAbsent(request.getQueue(), queue -> new ArrayList<>())
              .addAll(request.getPayloadsList());
        }
      }

      @Override
      public boolean isReady() {
        return true;
      }

      @Override
      public void request(int count) {}

      @Override
      public void cancel(String message, Throwable cause) {}

      @Override
      public void halfClose() {}
    };
  }

  @Override
  public String authority() {
    return "none";
  }
}
