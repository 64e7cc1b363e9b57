package org.cupule.hv.sim;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;
import org.cupule.abi.HypercallIntrMonitor;
import org.cupule.hypervisor.InterruptMonitor;
import org.cupule.time.VmTimer;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;
import org.cupule.types.Msi;

/**
 * Counts the interrupts that come into one partition, and holds them back while a delay is set ({@code hsm.md} 10.4).
 *
 * <pre>
 *  line, message --> count --> delay 0? --yes--> fabric
 *                                 '----no----> held for the delay; what comes for the same line, or the same message,
 *                                              meanwhile becomes one with it --> fabric
 * </pre>
 *
 * <p>
 * Held is what asserts a line, by its polarity in the I/O APIC; a line that is released is released at once, or else a
 * level-triggered interrupt would come again and again: then the held edge comes alone. Interrupt numbers: the GSI of a
 * line, 256 + vector of a message.
 *
 * @threading any thread. Without a delay no lock is taken; held interrupts have a lock of their own, before the
 *            interrupt gate
 */
final class IrqMonitor implements InterruptMonitor {
    private static final int MESSAGES = 256;
    private static final int NUMBERS = MESSAGES + 256;
    /** Different messages held at a time; more pass at once, so that none is lost. */
    private static final int MOST_MESSAGES = 256;
    private static final long MOST_MILLIS = TimeUnit.DAYS.toMillis(1);

    /** A line whose assertion is held. */
    private static final class HeldLine {
        private final long due;
        private final boolean asserted;
        private boolean target;

        HeldLine(long due, boolean asserted) {
            this.due = due;
            this.asserted = asserted;
            this.target = asserted;
        }
    }

    private final InterruptFabric fabric;
    private final SimClock clock;
    private final AtomicLongArray counts = new AtomicLongArray(NUMBERS);
    private final AtomicLong levels = new AtomicLong();
    private final Map<Integer, HeldLine> lines = new LinkedHashMap<>();
    private final Map<Msi, Long> messages = new LinkedHashMap<>();
    private final VmTimer timer;
    private volatile long delayNanos;
    /** Whether anything is held or to be held: the lock is needed then. */
    private volatile boolean slow;

    IrqMonitor(InterruptFabric fabric, SimClock clock) {
        this.fabric = fabric;
        this.clock = clock;
        this.timer = clock.timer(this::release);
    }

    // ---- what comes in

    /** As {@code Partition.setIrqLine}. */
    void line(int gsi, int operation) {
        if (gsi < 0 || gsi >= InterruptFabric.GSIS || operation < 0 || operation > 3) {
            fabric.line(gsi, operation); // refuses, or does nothing
            return;
        }
        count(gsi, operation);
        if (slow) {
            synchronized (lines) {
                for (boolean level : transitions(operation)) {
                    transition(gsi, level);
                }
            }
        } else {
            fabric.line(gsi, operation);
        }
    }

    private void count(int gsi, int operation) {
        long bit = 1L << gsi;
        boolean endsHigh = operation == 0 || operation == 3;
        long before = endsHigh ? levels.getAndUpdate(now -> now | bit) : levels.getAndUpdate(now -> now & ~bit);
        boolean rises = operation == 3 || operation != 1 && (before & bit) == 0;
        if (rises) {
            counts.incrementAndGet(gsi);
        }
    }

    private static boolean[] transitions(int operation) {
        return switch (operation) {
            case 0 -> new boolean[]{true};
            case 1 -> new boolean[]{false};
            case 2 -> new boolean[]{true, false};
            default -> new boolean[]{false, true};
        };
    }

    private void transition(int gsi, boolean level) {
        HeldLine held = lines.get(gsi);
        if (held != null) {
            held.target = level;
        } else if (delayNanos > 0 && level != fabric.level(gsi) && level != fabric.activeLow(gsi)) {
            lines.put(gsi, new HeldLine(clock.nanos() + delayNanos, level));
            arm();
        } else {
            drive(gsi, level);
        }
    }

    private void drive(int gsi, boolean level) {
        fabric.line(gsi, level ? 0 : 1);
    }

    /** As {@code Partition.injectMsi}. */
    void message(Msi msi) {
        if (!msi.addressed()) {
            fabric.inject(msi); // refuses
            return;
        }
        counts.incrementAndGet(MESSAGES + msi.vector());
        if (slow && held(msi)) {
            return;
        }
        fabric.inject(msi);
    }

    private boolean held(Msi msi) {
        synchronized (lines) {
            if (messages.containsKey(msi)) {
                return true;
            }
            if (delayNanos == 0 || messages.size() == MOST_MESSAGES) {
                return false;
            }
            messages.put(msi, clock.nanos() + delayNanos);
            arm();
            return true;
        }
    }

    // ---- what is held

    private void arm() {
        long next = VmTimer.NEVER;
        for (HeldLine held : lines.values()) {
            next = Math.min(next, held.due);
        }
        for (long due : messages.values()) {
            next = Math.min(next, due);
        }
        if (next == VmTimer.NEVER) {
            timer.disarm();
        } else {
            timer.arm(next);
        }
    }

    private void release() {
        synchronized (lines) {
            release(clock.nanos());
        }
    }

    private void release(long now) {
        for (Iterator<Map.Entry<Integer, HeldLine>> each = lines.entrySet().iterator(); each.hasNext();) {
            var entry = each.next();
            if (entry.getValue().due <= now) {
                each.remove();
                give(entry.getKey(), entry.getValue());
            }
        }
        List<Msi> due = new ArrayList<>();
        messages.forEach((msi, at) -> {
            if (at <= now) {
                due.add(msi);
            }
        });
        due.forEach(msi -> {
            messages.remove(msi);
            fabric.inject(msi);
        });
        arm();
        slow = delayNanos > 0 || !lines.isEmpty() || !messages.isEmpty();
    }

    /** The edge that was held, and then the level that the line has by now. */
    private void give(int gsi, HeldLine held) {
        drive(gsi, held.asserted);
        if (held.target != held.asserted) {
            drive(gsi, held.target);
        }
    }

    /** The partition is reset: levels stay, messages are lost. */
    void reset() {
        synchronized (lines) {
            lines.forEach((gsi, held) -> drive(gsi, held.target));
            lines.clear();
            messages.clear();
            release(clock.nanos());
        }
    }

    /** Gives what is held at once: it would not be saved with the partition. */
    void flush() {
        synchronized (lines) {
            release(Long.MAX_VALUE);
        }
    }

    /** The lines have these levels from now on. */
    void restored(long now) {
        levels.set(now);
    }

    // ---- the monitor

    @Override
    public void monitor(MemorySegment page) {
        if (page.byteSize() < HypercallIntrMonitor.LAYOUT.byteSize()) {
            throw new HsmException(Errno.EINVAL, "interrupt monitor",
                    page.byteSize() + " bytes are not the page of the monitor");
        }
        HypercallIntrMonitor command = new HypercallIntrMonitor(page);
        int count = command.count(); // read once: whoever shares the page may write it now
        if (Integer.compareUnsigned(count, HypercallIntrMonitor.NUMBERS) > 0) {
            throw new HsmException(Errno.EINVAL, "interrupt monitor", "%s numbers are more than the buffer's %d"
                    .formatted(Integer.toUnsignedString(count), HypercallIntrMonitor.NUMBERS));
        }
        switch (command.cmd()) {
            case HypercallIntrMonitor.GET_DATA -> command.count(fill(command, count));
            case HypercallIntrMonitor.DELAY_INTERRUPTS -> delay(command.buffer(0));
            default -> throw new HsmException(Errno.EINVAL, "interrupt monitor",
                    "command %d is neither 0 (counts) nor 1 (delay)".formatted(command.cmd()));
        }
    }

    private int fill(HypercallIntrMonitor page, int room) {
        int used = 0;
        for (int irq = 0; irq < NUMBERS && used + 2 <= room; irq++) {
            long count = counts.get(irq);
            if (count != 0) {
                page.buffer(used, irq);
                page.buffer(used + 1, count);
                used += 2;
            }
        }
        return used;
    }

    private void delay(long millis) {
        long bounded = Long.compareUnsigned(millis, MOST_MILLIS) > 0 ? MOST_MILLIS : millis;
        synchronized (lines) {
            delayNanos = TimeUnit.MILLISECONDS.toNanos(bounded);
            slow = true;
            release(delayNanos == 0 ? Long.MAX_VALUE : clock.nanos());
        }
    }

    /** {@return how long interrupts are held, to be saved} */
    long delayMillis() {
        return TimeUnit.NANOSECONDS.toMillis(delayNanos);
    }

    /** Holds interrupts for so long from now on; 0 gives what is held at once. */
    void delayMillis(long millis) {
        delay(millis);
    }

    /** {@return a line for people} */
    String describe() {
        long lineCount = 0;
        long messageCount = 0;
        for (int irq = 0; irq < NUMBERS; irq++) {
            if (irq < MESSAGES) {
                lineCount += counts.get(irq);
            } else {
                messageCount += counts.get(irq);
            }
        }
        return "interrupts: %d by lines, %d by messages, delay %d ms".formatted(lineCount, messageCount,
                TimeUnit.NANOSECONDS.toMillis(delayNanos));
    }
}
