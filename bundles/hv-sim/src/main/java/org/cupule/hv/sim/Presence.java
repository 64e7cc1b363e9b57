package org.cupule.hv.sim;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * Where a vCPU is, and which shoot-down it has done: the two words by which others know what they may rely on.
 *
 * <pre>
 *  OUT (stands still)  --enter-->  HOST (run loop)  <---->  GUEST (inside Cpu.run)
 *   ^                               |  ^
 *   '---- taken away <-- UPCALL <---'  '--- (inside the HSM's handler)
 *
 *  place   31                                   2 1   0
 *         +--------------------------------------+-----+
 *         |  how often it was taken away         |     |    0 OUT, 1 HOST, 2 GUEST, 3 UPCALL
 *         +--------------------------------------+-----+
 * </pre>
 *
 * <p>
 * A thread that comes back from its upcall may find that the vCPU was taken away from it, and that the thread which
 * goes on is inside an upcall of its own: the count tells the two apart.
 *
 * <p>
 * Each side stores its own word before it reads the other's, all volatile, so at least one of the two sees the other:
 * the vCPU HOST before the rendezvous's closed word, and GUEST before the wanted shoot-down; its partners are
 * {@link Rendezvous#close} and {@link #wantFlush}.
 *
 * @threading the vCPU's thread moves between the places; others ask, want, and take away
 */
final class Presence {
    private static final int OUT = 0;
    private static final int HOST = 1;
    private static final int GUEST = 2;
    private static final int UPCALL = 3;
    private static final int WHERE = 3;
    private static final int ONCE_TAKEN = 4;

    private static final VarHandle PLACE;
    private static final VarHandle FLUSH_WANTED;

    static {
        try {
            var lookup = MethodHandles.lookup();
            PLACE = lookup.findVarHandle(Presence.class, "place", int.class);
            FLUSH_WANTED = lookup.findVarHandle(Presence.class, "flushWanted", long.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private volatile int place = OUT;
    /** The newest shoot-down that concerns this vCPU, and the newest one that it has done. */
    private volatile long flushWanted;
    private volatile long flushDone;

    boolean out() {
        return (place & WHERE) == OUT;
    }

    boolean inGuest() {
        return (place & WHERE) == GUEST;
    }

    boolean inUpcall() {
        return (place & WHERE) == UPCALL;
    }

    /** {@return the word for a place; only a thread that has the vCPU asks, so nobody takes it away meanwhile} */
    private int at(int where) {
        return (int) PLACE.get(this) & ~WHERE | where;
    }

    void leave() {
        PLACE.setVolatile(this, at(OUT));
    }

    void enterHost() {
        PLACE.setVolatile(this, at(HOST));
    }

    /** @return the number of the shoot-down that is to be done before the guest goes on, or 0 */
    long enterGuest() {
        PLACE.setVolatile(this, at(GUEST));
        long wanted = flushWanted;
        return wanted == flushDone ? 0 : wanted;
    }

    void leaveGuest() {
        // Nobody relies on seeing this at once: who waits for a shoot-down looks again by itself.
        PLACE.setRelease(this, at(HOST));
    }

    /** @return what to give to {@link #leaveUpcall} */
    int enterUpcall() {
        int inside = at(UPCALL);
        PLACE.setRelease(this, inside);
        return inside;
    }

    /**
     * Comes back from an upcall.
     *
     * @param inside
     *            what {@link #enterUpcall} has returned
     * @return false when the vCPU was taken away meanwhile: the caller must not touch it any more
     */
    boolean leaveUpcall(int inside) {
        return PLACE.compareAndSet(this, inside, inside & ~WHERE | HOST);
    }

    /** Takes the vCPU away from a thread inside an upcall. @return false when it has just come back */
    boolean takeAway() {
        int now = place;
        return (now & WHERE) == UPCALL && PLACE.compareAndSet(this, now, (now & ~WHERE | OUT) + ONCE_TAKEN);
    }

    /** Asks for a shoot-down; the guest is not entered again before it is done. */
    void wantFlush(long number) {
        long wanted = flushWanted;
        while (wanted < number && !FLUSH_WANTED.compareAndSet(this, wanted, number)) {
            wanted = flushWanted;
        }
    }

    /** The shoot-down has been done. */
    void flushed(long number) {
        flushDone = number;
    }

    /** {@return whether it can use no translation from before this shoot-down} */
    boolean hasFlushed(long number) {
        return flushDone >= number || !inGuest();
    }
}
