package org.cupule.hsm.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.cupule.swap.SwapReport;
import org.cupule.swap.Swappable;
import org.cupule.types.HsmException;
import org.cupule.types.ModelInfo;
import org.junit.jupiter.api.Test;

class SwapRoundsTest {
    private final Owner owner = new Owner();
    private final SwapRounds rounds = new SwapRounds(List.of(owner), 1);

    /** Two instances of the VM, one of another; two models of one kind, one of the other. */
    private static final class Owner implements Swappable {
        private final Map<String, Offer> present = new TreeMap<>();
        private final List<String> moves = new ArrayList<>();

        private Owner() {
            present.put("vm1.lapic0", offer("lapic", "1.0.0", 7));
            present.put("vm1.pit", offer("pit", "1.0.0", 8));
            present.put("vm2.pit", offer("pit", "1.0.0", 8));
        }

        private static Offer offer(String kind, String version, long bundle) {
            return new Offer(new ModelInfo(kind, "model", version, ""), bundle);
        }

        @Override
        public List<Target> targets() {
            return present.entrySet().stream().map(entry -> new Target(entry.getKey(), entry.getKey().charAt(2) - '0',
                    entry.getValue().model(), entry.getValue().bundle(), "running")).toList();
        }

        @Override
        public List<Offer> offers() {
            return List.of(offer("lapic", "2.0.0", 9), offer("lapic", "1.0.0", 7), offer("pit", "1.0.0", 8));
        }

        @Override
        public SwapReport swap(String target, long bundle, String model, Duration deadline) {
            Offer to = offers().stream().filter(offer -> offer.bundle() == bundle).findFirst().orElseThrow();
            var report = new SwapReport(target, present.get(target).model(), to.model(), "", 1, 0, 0, 0);
            present.put(target, to);
            moves.add(target + " " + model);
            return report;
        }
    }

    @Test
    void aRoundLeadsEachThroughAllItsModelsAndBack() {
        for (int swap = 0; swap < 6; swap++) {
            rounds.next();
        }

        assertThat(owner.moves).filteredOn(move -> move.startsWith("vm1.lapic0")).containsExactly(
                "vm1.lapic0 model@2.0.0", "vm1.lapic0 model@1.0.0", "vm1.lapic0 model@2.0.0",
                "vm1.lapic0 model@1.0.0");
        assertThat(owner.moves).filteredOn(move -> move.startsWith("vm1.pit")).hasSize(2);
    }

    @Test
    void theOrderIsTheSameEachTime() {
        var other = new Owner();
        var again = new SwapRounds(List.of(other), 1);
        for (int swap = 0; swap < 9; swap++) {
            rounds.next();
            again.next();
        }

        assertThat(other.moves).isEqualTo(owner.moves);
    }

    @Test
    void aMachineWithNothingToSwapIsRefused() {
        var nothing = new SwapRounds(List.of(), 1);

        assertThatThrownBy(nothing::next).isInstanceOf(HsmException.class).hasMessageContaining("nothing to swap");
    }
}
