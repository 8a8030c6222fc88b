package dev.muster.architecture;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.time.Clock;
import java.time.Instant;
import java.util.Random;
import org.junit.jupiter.api.Test;

/**
 * Dependencies point one way: modules as in docs/architecture.md, and the master's packages in the
 * order data flows.
 */
final class DependencyTest {
  private static final JavaClasses MUSTER =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .importPackages("dev.muster");

  @Test
  void modulesPointOneWay() {
    layeredArchitecture()
        .consideringOnlyDependenciesInLayers()
        .layer("proto")
        .definedBy("dev.muster.proto..")
        .layer("common")
        .definedBy("dev.muster.common..")
        .layer("client")
        .definedBy("dev.muster.client..")
        .layer("worker")
        .definedBy("dev.muster.worker..")
        .layer("master")
        .definedBy("dev.muster.master..")
        .layer("bench")
        .definedBy("dev.muster.bench..")
        .layer("cli")
        .definedBy("dev.muster.cli..")
        .whereLayer("common")
        .mayOnlyAccessLayers("proto")
        .whereLayer("client")
        .mayOnlyAccessLayers("proto", "common")
        .whereLayer("worker")
        .mayOnlyAccessLayers("proto", "common", "client")
        .whereLayer("master")
        .mayOnlyAccessLayers("proto", "common")
        .whereLayer("bench")
        .mayOnlyAccessLayers("proto", "common", "client", "worker", "master")
        .whereLayer("cli")
        .mayNotBeAccessedByAnyLayer()
        .check(MUSTER);
  }

  @Test
  void packagesOfTheMasterStandInTheOrderDataFlows() {
    layeredArchitecture()
        .consideringOnlyDependenciesInLayers()
        .layer("rpc")
        .definedBy("dev.muster.master.rpc..")
        .layer("auth")
        .definedBy("dev.muster.master.auth..")
        .layer("expiry")
        .definedBy("dev.muster.master.expiry..")
        .layer("dispatch")
        .definedBy("dev.muster.master.dispatch..")
        .layer("replication")
        .definedBy("dev.muster.master.replication..")
        .layer("queue")
        .definedBy("dev.muster.master.queue..")
        .layer("store")
        .definedBy("dev.muster.master.store..")
        .layer("schedule")
        .definedBy("dev.muster.master.schedule..")
        .whereLayer("schedule")
        .mayNotAccessAnyLayer()
        .whereLayer("store")
        .mayNotAccessAnyLayer()
        .whereLayer("queue")
        .mayOnlyAccessLayers("store")
        .whereLayer("replication")
        .mayOnlyAccessLayers("queue", "store")
        .whereLayer("dispatch")
        .mayOnlyAccessLayers("replication", "queue")
        .whereLayer("expiry")
        .mayOnlyAccessLayers("replication", "queue", "schedule")
        .whereLayer("auth")
        .mayNotAccessAnyLayer()
        .whereLayer("rpc")
        .mayOnlyAccessLayers("auth", "dispatch", "replication", "queue", "schedule")
        .check(MUSTER);
  }

  @Test
  void theRulesOfTheQueuesArePure() {
    noClasses()
        .that()
        .resideInAPackage("dev.muster.master.queue..")
        .should()
        .callMethod(System.class, "currentTimeMillis")
        .orShould()
        .callMethod(System.class, "nanoTime")
        .orShould()
        .dependOnClassesThat()
        .areAssignableTo(Random.class)
        .orShould()
        .dependOnClassesThat()
        .areAssignableTo(Thread.class)
        .orShould()
        .dependOnClassesThat()
        .resideInAnyPackage(
            "java.io..",
            "java.net..",
            "java.nio.file..",
            "java.nio.channels..",
            "java.util.concurrent..",
            "io.grpc..",
            "org.apache.ratis..",
            "org.rocksdb..")
        .orShould()
        .dependOnClassesThat()
        .areAssignableTo(Clock.class)
        .orShould()
        .callMethod(Instant.class, "now")
        .check(MUSTER);
  }

  @Test
  void ratisAndRocksDbStayBehindTheirAdapters() {
    noClasses()
        .that()
        .resideOutsideOfPackage("dev.muster.master.replication")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("org.apache.ratis..")
        .check(MUSTER);
    noClasses()
        .that()
        .resideOutsideOfPackage("dev.muster.master.store")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("org.rocksdb..")
        .check(MUSTER);
  }

  @Test
  void nobodyDeserializesJavaObjects() {
    noClasses()
        .should()
        .dependOnClassesThat()
        .haveFullyQualifiedName("java.io.ObjectInputStream")
        .check(MUSTER);
  }
}
