package org.cupule.rig.guest;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import org.cupule.rig.guest.Script.Step;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Our device and Linux's driver answer the same random ioctls alike. */
class DifferentialClaims {
    private static final int SCRIPTS = Boolean.getBoolean("cupule.long") ? 2000 : 150;
    private static final int STEPS = 60;
    private static final Map<Side, List<Integer>> EVENTFDS = new IdentityHashMap<>();

    private final List<String> differences = new ArrayList<>();
    private final Map<String, Integer> seen = new HashMap<>();
    private int steps;

    static List<Integer> eventFds(Side side) {
        return EVENTFDS.get(side);
    }

    @BeforeEach
    void forget() {
        StandIn.command("reset");
    }

    @Test
    @DisplayName("the same random ioctls give the same results on Linux's driver and on our device")
    void sameResults() {
        for (int seed = 1; seed <= SCRIPTS; seed++) {
            compare(seed);
        }
        System.out.println("differential: " + steps + " ioctls in " + SCRIPTS + " sequences: " + seen);
        assertThat(differences).isEmpty();
        assertThat(steps).isGreaterThan(SCRIPTS * 20);
    }

    private void compare(long seed) {
        forget(); // a creation whose page is refused leaves a VM in the hypervisor (hsm.md 4.3), which has 64 places
        try (Arena arena = Arena.ofConfined(); Side driver = Side.driver(); Side ours = Side.ours()) {
            EVENTFDS.put(driver, Script.eventFds(driver));
            EVENTFDS.put(ours, Script.eventFds(ours));
            Script script = new Script(seed, arena);
            boolean same = true;
            for (int i = 0; i < STEPS && !script.isOver() && same; i++) {
                same = isSame(seed, i, script.next(), driver, ours);
            }
        } finally {
            EVENTFDS.clear();
        }
    }

    /** After a difference the two are in different states: the sequence ends. */
    private boolean isSame(long seed, int number, Step step, Side driver, Side ours) {
        int wanted = step.action().applyAsInt(driver);
        int got = step.action().applyAsInt(ours);
        steps++;
        seen.merge(wanted == 0 ? "0" : "errno " + -wanted, 1, Integer::sum);
        if (wanted == 0) {
            step.onSuccess().run();
        }
        if (wanted != got) {
            differences.add(
                    "seed %d step %d: %s: the driver %d, ours %d".formatted(seed, number, step.name(), wanted, got));
        }
        return wanted == got;
    }
}
