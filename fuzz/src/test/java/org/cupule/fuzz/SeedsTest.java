package org.cupule.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The seeds lead deep into what they are for: what they ask for is done. */
class SeedsTest {
    @Test
    void hypercallsOfTheSeedsSucceed() throws IOException {
        Map<String, byte[]> seeds = Seeds.of("HypercallFuzz");

        assertThat(seeds).containsOnlyKeys("life", "interrupts", "devices", "power");
        assertThat(HypercallFuzz.results(seeds.get("life"))).hasSize(14).containsOnly(0L);
        assertThat(HypercallFuzz.results(seeds.get("interrupts"))).hasSize(4).containsOnly(0L);
        assertThat(HypercallFuzz.results(seeds.get("devices"))).hasSize(9).containsOnly(0L);
        assertThat(HypercallFuzz.results(seeds.get("power"))).hasSize(6).contains(0L);
    }

    @Test
    void statesOfTheSeedsAreTakenAndThoseThatLackSomethingRefused() throws IOException {
        Map<String, byte[]> seeds = Seeds.of("DeviceStateFuzz");

        assertThat(seeds).hasSize(9 * 13).allSatisfy((name, seed) -> assertThat(DeviceStateFuzz.restores(seed)).as(name)
                .isEqualTo(!name.endsWith("-lacking")));
        assertThat(seeds.values()).allMatch(seed -> seed.length < FuzzTest.MAX_BYTES);
    }

    @Test
    void snapshotsOfTheSeedsAreRestored() throws IOException {
        Map<String, byte[]> seeds = Seeds.of("SnapshotFuzz");

        assertThat(seeds.keySet()).containsExactly("unchanged", "before", "running", "deterministic", "two-processors");
        assertThat(seeds.keySet()).allMatch(name -> SnapshotFuzz.restores(seeds.get(name)));
        assertThat(seeds.keySet()).allMatch(name -> seeds.get(name).length < FuzzTest.MAX_SNAPSHOT_BYTES);
    }
}
