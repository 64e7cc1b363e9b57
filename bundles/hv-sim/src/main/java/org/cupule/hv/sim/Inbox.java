package org.cupule.hv.sim;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.cupule.hardware.Lapic;
import org.cupule.state.ModelState;

/**
 * What other threads want of a vCPU: interrupt messages and signals, collected without a lock and taken out by the
 * vCPU's own thread. Messages that are equal melt into one, as they do in an IRR.
 *
 * <pre>
 *  words  0..3  fixed, edge:  vector v is bit v%64 of word v/64
 *         4..7  fixed, level
 *  flags  bit of the kind; a poster writes its word first, then the flag; the taker reads the flags first
 * </pre>
 *
 * @threading posting from any thread; taking confined to the vCPU's thread
 */
final class Inbox {
    /** Some fixed vectors have come. */
    static final int FIXED = 1;
    /** The local APIC's timer is due. */
    static final int TIMER = 2;
    /** A non-maskable interrupt. */
    static final int NMI = 4;
    /** An INIT signal. */
    static final int INIT = 8;
    /** A start-up message; its vector is {@link #startVector}. */
    static final int STARTUP = 16;
    /** An external-interrupt message: the 8259 pair is asked whatever LINT0 says. */
    static final int EXTINT = 32;
    /** The INTR line of the 8259 pair went high. */
    static final int INTR = 64;
    /** The INTR line went low: worth a look only when the vCPU looks anyway. */
    static final int INTR_LOW = 128;
    /** The guest gives the vCPU away. */
    static final int OFFLINE = 256;

    private static final int ALL_SIGNALS = 2 * OFFLINE - 1;

    private static final VarHandle WORDS = MethodHandles.arrayElementVarHandle(long[].class);
    private static final VarHandle FLAGS;

    static {
        try {
            FLAGS = MethodHandles.lookup().findVarHandle(Inbox.class, "flags", int.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final long[] words = new long[8];
    private volatile int flags;
    private volatile int startVector;

    /** Posts a fixed interrupt. @return whether the vCPU has to be woken: it did not know of any before */
    boolean fixed(int vector, boolean level) {
        WORDS.getAndBitwiseOr(words, (level ? 4 : 0) + (vector >>> 6), 1L << (vector & 63));
        return post(FIXED);
    }

    /** Posts a start-up message. @return as {@link #fixed} */
    boolean startup(int vector) {
        startVector = vector;
        return post(STARTUP);
    }

    /** Posts signals. @return as {@link #fixed} */
    boolean post(int signals) {
        return ((int) FLAGS.getAndBitwiseOr(this, signals) & signals) != signals;
    }

    /** Posts a signal for which nobody is woken. */
    void leave(int signal) {
        FLAGS.getAndBitwiseOr(this, signal);
    }

    boolean empty() {
        return flags == 0;
    }

    /** Takes all flags. */
    int take() {
        return (int) FLAGS.getAndSet(this, 0);
    }

    int startVector() {
        return startVector;
    }

    /** Hands the fixed interrupts to the local APIC. */
    void drainFixed(Lapic lapic) {
        for (int i = 0; i < words.length; i++) {
            if (words[i] != 0) {
                drain((long) WORDS.getAndSet(words, i, 0L), i, lapic);
            }
        }
    }

    private static void drain(long bits, int word, Lapic lapic) {
        for (long rest = bits; rest != 0; rest &= rest - 1) {
            lapic.accept((word & 3) << 6 | Long.numberOfTrailingZeros(rest), word >= 4);
        }
    }

    /** Adds what is in it to a state. Nobody takes meanwhile. */
    void save(ModelState.Builder state) {
        state.put("signals", flags).put("words", words.clone()).put("startVector", startVector);
    }

    /** Becomes what was saved. */
    void restore(ModelState state) {
        long[] saved = state.longs("words", words.length);
        startVector = (int) state.number("startVector", 0, 0xFF);
        for (int i = 0; i < saved.length; i++) {
            WORDS.setVolatile(words, i, saved[i]);
        }
        FLAGS.setVolatile(this, (int) state.number("signals", 0, ALL_SIGNALS));
    }

    /** Forgets everything; only while nobody posts, or what they post may be lost (a reset). */
    void clear() {
        take();
        for (int i = 0; i < words.length; i++) {
            WORDS.setVolatile(words, i, 0L);
        }
    }
}
