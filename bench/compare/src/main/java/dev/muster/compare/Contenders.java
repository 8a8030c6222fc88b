package dev.muster.compare;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;

/** All that can be compared. A new peer stands here, and nowhere else. */
final class Contenders {
  private Contenders() {}

  static List<Peer> peers() {
    return List.of(
        new RedisStreams(RedisStreams.Fsync.always),
        new RedisStreams(RedisStreams.Fsync.everysec),
        new RabbitQuorum(),
        new NatsJetStream(),
        new Beanstalk(Beanstalk.Fsync.always),
        new Beanstalk(Beanstalk.Fsync.often),
        new Artemis(),
        new Hazelcast());
  }

  static List<String> ids() {
    List<String> ids = new ArrayList<>();
    ids.add(MusterContender.ID);
    peers().forEach(peer -> ids.add(peer.id()));
    return ids;
  }

  /** For the help. */
  static final class Ids implements Iterable<String> {
    @Override
    public Iterator<String> iterator() {
      return ids().iterator();
    }
  }
}
