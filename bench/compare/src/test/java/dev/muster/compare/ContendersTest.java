package dev.muster.compare;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ContendersTest {

  @Test
  void shouldHaveAnIdOfItsOwnForEach() {
    assertThat(Contenders.ids()).doesNotHaveDuplicates().startsWith("muster");
  }

  @Test
  void shouldSayOfEachPeerHowItIsDrivenAndWhatItPromises() {
    assertThat(Contenders.peers())
        .allSatisfy(
            peer -> {
              assertThat(peer.driving(1_234)).contains("1,234");
              assertThat(peer.durability()).contains("fsync");
              assertThat(peer.client()).doesNotContain("${");
            });
  }

  @Test
  void shouldKnowWhichVersionsOfNatsSyncBeforeTheyAcknowledge() {
    assertThat(NatsJetStream.syncs("2.9.10")).isFalse();
    assertThat(NatsJetStream.syncs("2.10.0")).isTrue();
    assertThat(NatsJetStream.syncs("3.0")).isTrue();
    assertThat(NatsJetStream.syncs("unknown")).isFalse();
  }
}
