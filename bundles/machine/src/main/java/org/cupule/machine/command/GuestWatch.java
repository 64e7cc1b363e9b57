package org.cupule.machine.command;

import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.IntConsumer;
import java.util.stream.IntStream;
import org.cupule.hsm.VirtualMachine;
import org.cupule.hypervisor.Partition;
import org.cupule.types.HsmException;
import org.jspecify.annotations.Nullable;

/**
 * Sees when a guest can never go on, and when it makes no progress that anybody could see.
 *
 * <pre>
 *  panic      Linux has written that its panic has ended, and then a processor spins and nothing is written any more
 *  dead       all processors are halted with interrupts off
 *  silence    for a while no console output and no access to a device, although a processor runs
 * </pre>
 *
 * What a guest writes is no proof: a file that it shows may hold the same words. So its processors are looked at, too.
 *
 * @threading {@link #accept} by the console's thread; the rest by one thread
 */
final class GuestWatch implements IntConsumer {
    private static final String PANIC = "Kernel panic - not syncing: ";
    private static final String PANIC_END = "---[ end " + PANIC;
    private static final int MOST_LETTERS = 200;
    private static final long SETTLED_NANOS = TimeUnit.SECONDS.toNanos(2);
    private static final long SILENCE_NANOS = TimeUnit.SECONDS.toNanos(30);
    private static final long LONGEST_NANOS = TimeUnit.SECONDS.toNanos(60);

    private final VirtualMachine vm;
    private final Explanation explanation;
    private final StringBuilder line = new StringBuilder();
    private final AtomicLong written = new AtomicLong();
    private volatile @Nullable String panic;
    private long seen = -1;
    private long since;
    private long nextLook;
    private boolean told;

    GuestWatch(VirtualMachine vm, Explanation explanation) {
        this.vm = vm;
        this.explanation = explanation;
    }

    /** The guest has written a byte. */
    @Override
    public void accept(int value) {
        written.lazySet(written.get() + 1);
        if (value == '\n') {
            String text = line.toString();
            line.setLength(0);
            int from = text.indexOf(PANIC_END);
            panic = from >= 0 ? text.substring(from + PANIC_END.length()).replace("]---", "").strip() : panic;
        } else if (line.length() < MOST_LETTERS && value >= ' ') {
            line.append((char) value);
        }
    }

    /**
     * Looks at the guest; a few times a second.
     *
     * @param now
     *            host time in nanoseconds
     * @return why it can never go on, once that is so
     */
    Optional<String> end(long now) {
        long progress = written.get() + vm.ioRequests().counters().posted();
        if (progress != seen) {
            seen = progress;
            since = now;
            nextLook = now + SETTLED_NANOS;
            told = false;
            return Optional.empty();
        }
        if (now - nextLook < 0 || vm.state() != Partition.State.RUNNING) {
            return Optional.empty();
        }
        // A guest that is only quiet is looked at less and less often.
        nextLook = now + Math.min(LONGEST_NANOS, now - since);
        return panicked().or(this::dead);
    }

    /** {@return a sentence, once, when it has been silent for long} */
    Optional<String> silence(long now) {
        if (told || now - since < SILENCE_NANOS || vm.state() != Partition.State.RUNNING || !running()) {
            return Optional.empty();
        }
        told = true;
        return still(() -> explanation.idle()
                ? ""
                : "for %d seconds the guest has neither written nor accessed a device; %s"
                        .formatted((now - since) / 1_000_000_000, explanation.sentence()))
                .filter(text -> !text.isEmpty());
    }

    private boolean running() {
        return IntStream.range(0, vm.vcpuCount()).anyMatch(vcpu -> vm.activity(vcpu).equals("running"));
    }

    private Optional<String> panicked() {
        String why = panic;
        return why != null && running()
                ? still(() -> "the guest's kernel has panicked (%s); %s".formatted(why, explanation.sentence()))
                : Optional.empty();
    }

    private Optional<String> dead() {
        return running()
                ? Optional.empty()
                : still(() -> explanation.dead()
                        ? "the guest has stopped for good: all its processors are halted with interrupts off; "
                                + explanation.sentence()
                        : "").filter(text -> !text.isEmpty());
    }

    /**
     * {@return the answer to a question that is asked while the VM stands still; none when somebody else stops or ends
     * it}
     */
    private Optional<String> still(java.util.function.Supplier<String> question) {
        try {
            vm.pause();
            try {
                return Optional.of(question.get());
            } finally {
                vm.resume();
            }
        } catch (HsmException e) {
            return Optional.empty();
        }
    }
}
