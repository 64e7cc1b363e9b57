package org.cupule.machine.device;

import java.util.concurrent.atomic.AtomicIntegerArray;
import org.cupule.hsm.interrupt.Interrupts;
import org.cupule.types.HsmException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The interrupt lines of a machine: each is high while any of its devices holds it high.
 *
 * <pre>
 *   word:  31 ........ 18 | 17 BUSY | 16 SHOWN | 15 .......... 0
 *                           somebody  the level   how many devices
 *                           tells it  told last   hold it high
 * </pre>
 *
 * Who changes a count tells the hypervisor the new level, unless somebody is just doing so, who then looks again:
 * levels are told in order without a lock. Two transitions that meet while the line is being told may cancel out, as on
 * a wire; one device's own transitions are all told, for they come one after the other.
 *
 * @threading any thread; never waits
 */
final class GsiLines {
    /** How many lines there are. */
    static final int COUNT = 48;
    private static final Logger LOG = LoggerFactory.getLogger(GsiLines.class);
    private static final int HOLDERS = 0xFFFF;
    private static final int SHOWN = 1 << 16;
    private static final int BUSY = 1 << 17;

    private final Interrupts interrupts;
    private final AtomicIntegerArray words = new AtomicIntegerArray(COUNT);

    GsiLines(Interrupts interrupts) {
        this.interrupts = interrupts;
    }

    /** {@return the line that a PC's declared interrupt drives: the timer's irq 0 comes in at GSI 2} */
    static int gsi(int declared) {
        return declared == 0 ? 2 : declared;
    }

    /** One device changed its level of a line. */
    void drive(int gsi, boolean high) {
        words.addAndGet(gsi, high ? 1 : -1);
        for (int word = words.get(gsi); unsettled(word); word = words.get(gsi)) {
            if (words.compareAndSet(gsi, word, word | BUSY)) {
                tell(gsi, (word & HOLDERS) != 0);
            }
        }
    }

    private static boolean unsettled(int word) {
        return (word & BUSY) == 0 && ((word & HOLDERS) != 0) != ((word & SHOWN) != 0);
    }

    private void tell(int gsi, boolean high) {
        try {
            interrupts.line(gsi, high ? Interrupts.HIGH : Interrupts.LOW);
        } catch (HsmException e) {
            LOG.debug("line {}: {}", gsi, e.getMessage());
        } finally {
            int word = words.get(gsi);
            while (!words.compareAndSet(gsi, word, (word & ~(BUSY | SHOWN)) | (high ? SHOWN : 0))) {
                word = words.get(gsi);
            }
        }
    }

    /** After the hypervisor has reset its interrupt controllers, whose inputs are low: each high line is told again. */
    void tellAgain() {
        for (int gsi = 0; gsi < COUNT; gsi++) {
            if ((words.get(gsi) & HOLDERS) != 0) {
                tell(gsi, true);
            }
        }
    }
}
