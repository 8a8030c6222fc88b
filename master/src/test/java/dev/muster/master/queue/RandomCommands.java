package dev.muster.master.queue;

import com.google.protobuf.ByteString;
import dev.muster.master.log.v1.Advance;
import dev.muster.master.log.v1.CloseSession;
import dev.muster.master.log.v1.Command;
import dev.muster.master.log.v1.ExpireLeases;
import dev.muster.master.log.v1.Lease;
import dev.muster.master.log.v1.OpenSession;
import dev.muster.master.log.v1.ReturnUnstarted;
import dev.muster.master.log.v1.Settle;
import dev.muster.proto.v1.ConfigureQueueRequest;
import dev.muster.proto.v1.ConfigureTenantRequest;
import dev.muster.proto.v1.EnqueueRequest;
import dev.muster.proto.v1.ExtendRequest;
import dev.muster.proto.v1.FailedAttempt;
import dev.muster.proto.v1.Failure;
import dev.muster.proto.v1.Offer;
import dev.muster.proto.v1.QueueSettings;
import dev.muster.proto.v1.Rate;
import dev.muster.proto.v1.RequestId;
import dev.muster.proto.v1.ResultPolicy;
import dev.muster.proto.v1.Settlement;
import dev.muster.proto.v1.TaskOptions;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;

/**
 * What may be asked of the machine next, at random: mostly of what is there, sometimes of what is
 * not.
 */
final class RandomCommands {
  /** One lease that was ever handed out: current or long stale. */
  private record Attempt(long id, long token, long session) {}

  private static final ByteString LARGE = ByteString.copyFrom(new byte[1_500_000]);
  private static final ByteString MIDDLE = ByteString.copyFrom(new byte[300_000]);
  private static final List<String> TENANTS = List.of("", "t1", "t2", "t3");
  private static final List<String> GROUPS = List.of("", "", "g1", "g2");
  static final List<Map<String, String>> LABELS =
      List.of(Map.of(), Map.of("gpu", "a"), Map.of("gpu", "b"), Map.of("gpu", "a", "zone", "1"));
  private static final List<TaskOptions> OPTIONS =
      List.of(
          TaskOptions.newBuilder().setHandler("keep").build(),
          TaskOptions.newBuilder()
              .setHandler("queue")
              .setResultPolicy(ResultPolicy.RESULT_POLICY_QUEUE)
              .setResultQueue("results")
              .build(),
          TaskOptions.newBuilder()
              .setHandler("drop")
              .setResultPolicy(ResultPolicy.RESULT_POLICY_DROP)
              .build());

  private final ReferenceModel model;
  private final List<Attempt> attempts = new ArrayList<>();
  private int payloads;

  RandomCommands(ReferenceModel model) {
    this.model = model;
  }

  /** Remembers the leases of an outcome. */
  void note(Command command, Outcome outcome) {
    if (outcome instanceof Outcome.Leased leased) {
      for (Offer offer : leased.offers()) {
        for (long id : offer.getIdsList()) {
          attempts.add(new Attempt(id, offer.getToken(), command.getLease().getSession()));
        }
      }
    }
  }

  /**
   * The next command.
   *
   * @param kind 12 to 99
   */
  Command next(int kind, Random random) {
    if (kind < 35) {
      return enqueue(random);
    } else if (kind < 55) {
      return lease(queue(random), someSession(random), 1 + random.nextInt(12));
    } else if (kind < 78) {
      return settle(random);
    } else if (kind < 84) {
      return open(random);
    } else if (kind < 87) {
      return Command.newBuilder()
          .setCloseSession(
              CloseSession.newBuilder()
                  .setSession(someSession(random))
                  .setLost(random.nextBoolean())
                  .addAllStartedIds(someIds(random)))
          .build();
    } else if (kind < 90) {
      return Command.newBuilder()
          .setReturnUnstarted(
              ReturnUnstarted.newBuilder()
                  .setSession(someSession(random))
                  .addAllStartedIds(someIds(random)))
          .build();
    } else if (kind < 94) {
      ExpireLeases.Builder expire = ExpireLeases.newBuilder();
      some(random, 8).forEach(a -> expire.addIds(a.id).addTokens(a.token));
      return Command.newBuilder().setExpireLeases(expire).build();
    } else if (kind < 96) {
      ExtendRequest.Builder extend = ExtendRequest.newBuilder().setVisibilityTimeoutMs(700);
      some(random, 4).forEach(a -> extend.addIds(a.id).addTokens(a.token));
      return Command.newBuilder().setExtend(extend).build();
    }
    if (kind < 97) {
      return Command.newBuilder().setAdvance(Advance.getDefaultInstance()).build();
    }
    if (kind < 98) {
      return configureTenant(random);
    }
    return configure(random);
  }

  private Command configure(Random random) {
    String queue = queue(random);
    ConfigureQueueRequest.Builder configure = ConfigureQueueRequest.newBuilder().setQueue(queue);
    QueueSettings.Builder settings = configure.getSettingsBuilder();
    if (random.nextBoolean()) {
      settings.setMaxLength(random.nextInt(3) == 0 ? 0 : 5 + random.nextInt(30));
    }
    if (random.nextBoolean()) {
      settings.setRetainedMax(random.nextInt(8));
    }
    switch (random.nextInt(8)) {
      case 0 -> settings.setConcurrency(random.nextInt(5));
      case 1 -> settings.setRate(rate(random));
      case 2 -> settings.setTenantConcurrency(random.nextInt(3));
      case 3 -> settings.setTenantRate(rate(random));
      case 4, 5 -> settings.setAgeingMs(random.nextBoolean() ? 0 : 1 + random.nextInt(900));
      case 6 -> settings.setPaused(random.nextInt(3) == 0);
      default -> {}
    }
    return Command.newBuilder().setConfigureQueue(configure).build();
  }

  private static Rate rate(Random random) {
    return Rate.newBuilder()
        .setCount(random.nextInt(7))
        .setPeriodMs(random.nextInt(3) * 700L)
        .setBurst(random.nextInt(4))
        .build();
  }

  private static Command configureTenant(Random random) {
    ConfigureTenantRequest.Builder configure =
        ConfigureTenantRequest.newBuilder()
            .setQueue("a")
            .setTenant(TENANTS.get(random.nextInt(TENANTS.size())));
    if (random.nextBoolean()) {
      configure.setWeight(1 + random.nextInt(300));
    }
    if (random.nextInt(3) == 0) {
      configure.setConcurrency(random.nextInt(4));
    }
    if (random.nextInt(3) == 0) {
      configure.setRate(rate(random));
    }
    return Command.newBuilder().setConfigureTenant(configure).build();
  }

  private Command enqueue(Random random) {
    String queue = queue(random);
    EnqueueRequest.Builder request =
        EnqueueRequest.newBuilder()
            .setQueue(queue)
            .setOptions(OPTIONS.get(random.nextInt(OPTIONS.size())));
    if (random.nextBoolean()) {
      request.getOptionsBuilder().setPriority(random.nextInt(10));
    }
    boolean plain = queue.equals("b") || random.nextInt(3) == 0;
    if (!plain) {
      request
          .getOptionsBuilder()
          .setCost(random.nextInt(4))
          .putAllRequires(LABELS.get(Math.max(0, random.nextInt(6) - 2)));
    }
    if (random.nextInt(3) == 0) {
      request.setRequest(requestId("producer", random));
    }
    for (int left = 1 + random.nextInt(10); left > 0; left--) {
      request.addPayloads(payload(random));
      if (!plain) {
        request.addTenants(TENANTS.get(random.nextInt(TENANTS.size())));
        request.addGroups(GROUPS.get(random.nextInt(GROUPS.size())));
      }
    }
    EnqueueRequest one = request.build();
    EnqueueRequest either = random.nextBoolean() ? one : SharedKeys.sayOnce(one);
    return Command.newBuilder().setEnqueue(either).build();
  }

  private ByteString payload(Random random) {
    int size = random.nextInt(10);
    return size < 2 ? LARGE : size < 4 ? MIDDLE : ByteString.copyFromUtf8("p" + ++payloads);
  }

  private RequestId requestId(String kind, Random random) {
    ByteString client = ByteString.copyFromUtf8(kind + random.nextInt(2));
    ReferenceModel.Client known = model.clients.get(client);
    long next = known == null || known.answers.isEmpty() ? 1 : known.answers.lastKey() + 1;
    long number = Math.max(1, next - (random.nextInt(3) == 0 ? random.nextInt(5) : 0));
    long below = random.nextBoolean() ? 0 : Math.max(0, number - random.nextInt(4));
    return RequestId.newBuilder()
        .setSession(client)
        .setNumber(number)
        .setAnsweredBelow(below)
        .build();
  }

  static Command lease(String queue, long session, int max) {
    Lease.Builder lease = Lease.newBuilder().setQueue(queue).setSession(session).setMax(max);
    if (session == 0) {
      lease.setVisibilityTimeoutMs(500);
    }
    return Command.newBuilder().setLease(lease).build();
  }

  private Command settle(Random random) {
    Settlement.Builder settlement = Settlement.newBuilder().setResultContentType("text/plain");
    List<Attempt> chosen = some(random, 6);
    long session = chosen.isEmpty() ? 0 : chosen.get(0).session;
    if (random.nextInt(10) == 0) {
      session = someSession(random);
    }
    for (Attempt attempt : chosen) {
      long token = random.nextInt(12) == 0 ? attempt.token + 1 : attempt.token;
      int kind = random.nextInt(10);
      if (kind < 6) {
        settlement
            .addCompletedIds(attempt.id)
            .addCompletedTokens(token)
            .addResults(payload(random))
            .addCompletedRunUs(runUs(random));
      } else if (kind < 8) {
        settlement.addReturnedIds(attempt.id).addReturnedTokens(token);
      } else {
        settlement.addFailed(
            FailedAttempt.newBuilder()
                .setId(attempt.id)
                .setToken(token)
                .setRunUs(runUs(random))
                .setFailure(Failure.newBuilder().setKind("Boom")));
      }
    }
    Settle.Builder settle = Settle.newBuilder().setSettlement(settlement).setSession(session);
    ReferenceModel.Session known = model.sessions.get(session);
    if (known != null) {
      int wrong = random.nextInt(10);
      settle.setNumber(known.settledUpto + (wrong == 0 ? 2 : wrong == 1 ? 0 : 1));
    } else if (session == 0 && random.nextInt(3) == 0) {
      settle.setRequest(requestId("consumer", random));
    }
    return Command.newBuilder().setSettle(settle).build();
  }

  private static int runUs(Random random) {
    return random.nextInt(3) == 0 ? 0 : 1 << random.nextInt(27);
  }

  private Command open(Random random) {
    OpenSession.Builder open =
        OpenSession.newBuilder()
            .setKey(ByteString.copyFromUtf8("worker" + random.nextInt(3)))
            .setWorker("w@h:1")
            .setSlots(random.nextInt(6))
            .putAllLabels(LABELS.get(random.nextInt(LABELS.size())));
    if (random.nextBoolean()) {
      Set<Long> once = new HashSet<>();
      for (Attempt attempt : some(random, 6)) {
        if (once.add(attempt.id)) {
          open.addHeldIds(attempt.id).addHeldTokens(attempt.token);
        }
      }
    }
    return Command.newBuilder().setOpenSession(open).build();
  }

  private String queue(Random random) {
    return SimulatedHistory.QUEUES.get(random.nextInt(SimulatedHistory.QUEUES.size()));
  }

  private long someSession(Random random) {
    List<Long> open = List.copyOf(model.sessions.keySet());
    return open.isEmpty() || random.nextInt(3) == 0 ? 0 : open.get(random.nextInt(open.size()));
  }

  /** Some attempts, the later ones more often. */
  private List<Attempt> some(Random random, int max) {
    List<Attempt> chosen = new ArrayList<>();
    for (int left = random.nextInt(max + 1); left > 0 && !attempts.isEmpty(); left--) {
      int back =
          random.nextInt(random.nextBoolean() ? attempts.size() : Math.min(10, attempts.size()));
      chosen.add(attempts.get(attempts.size() - 1 - back));
    }
    return chosen;
  }

  private List<Long> someIds(Random random) {
    return some(random, 6).stream().map(Attempt::id).toList();
  }
}
