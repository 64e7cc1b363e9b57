package org.cupule.machine.command;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.cupule.machine.fake.FakeVm;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class GuestWatchTest {
    private static final long SECOND = TimeUnit.SECONDS.toNanos(1);
    private static final long INTERRUPTS_ON = 0x202;
    private static final long INTERRUPTS_OFF = 0x2;

    private String activity = "running";
    private long flags = INTERRUPTS_ON;
    private final FakeVm vm = new FakeVm() {
        @Override
        public String activity(int vcpu) {
            return activity;
        }

        @Override
        public Map<String, Long> registers(int vcpu) {
            return Map.of("RIP", 0x1234L, "RFLAGS", flags);
        }
    };
    private final GuestWatch watch = new GuestWatch(vm, new Explanation(vm, SymbolMap.EMPTY));

    @BeforeEach
    void start() {
        vm.start();
    }

    private void writes(String text) {
        text.chars().forEach(watch);
    }

    @Test
    void aPanicIsOneWhenAProcessorOnlySpinsAfterItsLastWord() {
        writes("[ 1.0] ---[ end Kernel panic - not syncing: no init found ]---\r\n");

        assertThat(watch.end(0)).isEmpty();
        assertThat(watch.end(3 * SECOND)).hasValueSatisfying(
                why -> assertThat(why).contains("panicked (no init found)", "processor 0 was running at RIP 0x1234"));
    }

    @Test
    void theSameWordsInAFileThatAnIdleGuestShowsAreNoPanic() {
        writes("---[ end Kernel panic - not syncing: no init found ]---\n");
        activity = "halted";

        assertThat(watch.end(0)).isEmpty();
        assertThat(watch.end(3 * SECOND)).isEmpty();
    }

    @Test
    void aPanicThatRestartsIsLeftAlone() {
        writes("Kernel panic - not syncing: no init found\nRebooting in 10 seconds..\n");

        assertThat(watch.end(0)).isEmpty();
        assertThat(watch.end(3 * SECOND)).isEmpty();
    }

    @Test
    void processorsThatAreHaltedWithInterruptsOffHaveStoppedForGood() {
        activity = "halted";
        flags = INTERRUPTS_OFF;

        assertThat(watch.end(0)).isEmpty();
        assertThat(watch.end(SECOND)).isEmpty();
        assertThat(watch.end(3 * SECOND)).hasValueSatisfying(why -> assertThat(why).contains("stopped for good"));
    }

    @Test
    void anIdleGuestIsLookedAtAndGoesOn() {
        activity = "halted";

        watch.end(0);

        assertThat(watch.end(3 * SECOND)).isEmpty();
        assertThat(vm.calls()).endsWith("pause", "resume");
    }

    @Test
    void silenceIsToldOnceAndAgainAfterALifeSign() {
        watch.end(0);

        assertThat(watch.silence(29 * SECOND)).isEmpty();
        assertThat(watch.silence(31 * SECOND)).hasValueSatisfying(what -> assertThat(what).contains(
                "for 31 seconds the guest has neither written nor accessed a device",
                "processor 0 was running at RIP 0x1234"));
        assertThat(watch.silence(62 * SECOND)).isEmpty();
        writes("x");
        watch.end(63 * SECOND);
        assertThat(watch.silence(94 * SECOND)).isPresent();
    }
}
