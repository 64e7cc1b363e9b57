package org.cupule.hsm.impl.ioreq;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.locks.LockSupport;
import org.cupule.abi.IoRequestPage;
import org.cupule.hsm.ioreq.IoAccess;
import org.jspecify.annotations.Nullable;

/**
 * The HSM's side of one slot of the I/O request page: who owns the request, and the request as it was read from the
 * page once.
 *
 * <p>
 * The page alone cannot tell one request from the next, so each claim gets a generation, and an answer counts only for
 * the generation that it was asked for. Generation and phase share one word:
 *
 * <pre>
 *  63                          3 2     0
 * +-----------------------------+-------+
 * |         generation          | phase |
 * +-----------------------------+-------+
 *
 *  IDLE --claim, generation + 1--> ROUTING --handed over--> SERVING --answer--> COMPLETING --> IDLE
 *                                     |  '---- handled at once ------------------^              ^
 *                                     '---------------- no client: release ---------------------'
 *  IDLE <--reset begins, or has failed--> PARKED --.
 *                                                  :-- reset --> DROPPED     an answer is refused; the handler may still
 *  SERVING <--------- the same ---------> HELD ----'                         be inside
 *  SERVING ----------- taken from a client that does not return -------> DROPPED; another object goes on
 * </pre>
 *
 * <p>
 * Who has moved the word to ROUTING or COMPLETING owns all plain fields; both phases are short and contain no call of
 * foreign code. Claim and answer are compare-and-set operations, the other changes release stores: partner of the
 * acquire in the next compare-and-set.
 *
 * @threading any thread, as far as it owns the word
 */
final class Slot implements IoAccess {
    static final int IDLE = 0;
    static final int ROUTING = 1;
    static final int SERVING = 2;
    static final int COMPLETING = 3;
    static final int PARKED = 4;
    static final int HELD = 5;
    static final int DROPPED = 6;

    private static final int PHASE_BITS = 3;
    private static final int PHASE_MASK = (1 << PHASE_BITS) - 1;
    private static final long HELD_NANOS = 20_000;
    private static final int CLAIM_SPINS = 100;
    private static final VarHandle WORD;

    static {
        try {
            WORD = MethodHandles.lookup().findVarHandle(Slot.class, "word", long.class);
        } catch (ReflectiveOperationException impossible) {
            throw new ExceptionInInitializerError(impossible);
        }
    }

    final RouteCache cache = new RouteCache();
    long posted;
    long completed;
    long unclaimed;
    /** The routes under which no client was found for the request, which is counted as posted already; else null. */
    volatile @Nullable Routes orphanedUnder;

    @SuppressWarnings("unused") // by WORD
    private volatile long word;
    private @Nullable Client client;
    private @Nullable Thread servant;

    private final int vcpu;
    private int type;
    private int size;
    private boolean write;
    private long address;
    private long value;
    private int bdf;
    private int register;

    Slot(int vcpu) {
        this.vcpu = vcpu;
    }

    /** Makes the slot that takes the place of a dropped one: same vCPU, same counts. */
    Slot(Slot dropped) {
        this.vcpu = dropped.vcpu;
        this.posted = dropped.posted;
        this.completed = dropped.completed;
        this.unclaimed = dropped.unclaimed;
        this.word = word(dropped.generation(), IDLE);
    }

    /** Makes the slot that goes on with the request that was taken from its client: claimed, to be answered at once. */
    static Slot goingOnWith(Slot taken) {
        Slot slot = new Slot(taken);
        slot.type = taken.type;
        slot.size = taken.size;
        slot.write = taken.write;
        slot.address = taken.address;
        slot.value = taken.value;
        slot.bdf = taken.bdf;
        slot.register = taken.register;
        slot.word = word(taken.generation() + 1, ROUTING);
        return slot;
    }

    private static long word(long generation, int phase) {
        return generation << PHASE_BITS | phase;
    }

    /** {@return the phase now} */
    int phase() {
        return phase(word);
    }

    /** {@return the number of the present or the last request} */
    long generation() {
        return word >>> PHASE_BITS;
    }

    /** {@return whether this request is with its client} */
    boolean serving(long generation) {
        long now = word;
        return now >>> PHASE_BITS == generation && withClient(phase(now));
    }

    private static boolean withClient(int phase) {
        return phase == SERVING || phase == HELD;
    }

    /** Claims a request. @return its generation; 0 when somebody else is at it */
    long claim() {
        for (int round = 0;; round++) {
            long now = word;
            int phase = phase(now);
            if (phase == IDLE) {
                long next = (now >>> PHASE_BITS) + 1;
                if (WORD.compareAndSet(this, now, word(next, ROUTING))) {
                    return next;
                }
            } else if (phase != COMPLETING) {
                return 0;
            } else if (round < CLAIM_SPINS) {
                Thread.onSpinWait(); // two stores away from IDLE
            } else {
                Thread.yield(); // who stores them may wait for this very processor
            }
        }
    }

    /** Gives a claim back: no client. Volatile: the caller looks for a new reason to claim afterwards. */
    void release(long generation) {
        word = word(generation, IDLE);
    }

    /** Notes who is going to serve the request: seen by whoever sees SERVING. */
    void servedBy(Client who, Thread dispatching) {
        client = who;
        servant = dispatching;
    }

    /** The request is with its client from now on. */
    void handedOver(long generation) {
        WORD.setRelease(this, word(generation, SERVING));
    }

    /** Begins to answer without a client. */
    void handledAtOnce(long generation) {
        client = null;
        WORD.setRelease(this, word(generation, COMPLETING));
    }

    /** Takes the right to answer, when no reset is going on. @return false when the request was answered or dropped */
    boolean beginAnswer(long generation) {
        return leaveServing(generation, COMPLETING);
    }

    /** Takes the request from its client, when no reset is going on. @return false when it was answered or dropped */
    boolean take(long generation) {
        return leaveServing(generation, DROPPED);
    }

    private boolean leaveServing(long generation, int next) {
        long serving = word(generation, SERVING);
        long held = word(generation, HELD);
        while (true) {
            long now = word; // one look a round: between two it may go from HELD back to SERVING
            if (now == held) {
                LockSupport.parkNanos(HELD_NANOS); // for as long as a snapshot takes
            } else if (now != serving) {
                return false;
            } else if (WORD.compareAndSet(this, serving, word(generation, next))) {
                return true;
            }
        }
    }

    /** The answer is in the page. */
    void answered(long generation) {
        WORD.setRelease(this, word(generation, IDLE));
    }

    /** Ends the use of this object, taking the request away from its client. @return whether there was one */
    boolean drop() {
        while (true) {
            long now = word;
            int phase = phase(now);
            if (phase == DROPPED) {
                return false;
            }
            if (phase == ROUTING || phase == COMPLETING) {
                Thread.yield();
            } else if (WORD.compareAndSet(this, now, word(now >>> PHASE_BITS, DROPPED))) {
                return withClient(phase);
            }
        }
    }

    /** Lets nobody claim or answer until {@link #drop} or {@link #unhold}. */
    void hold() {
        while (true) {
            long now = word;
            switch (phase(now)) {
                case IDLE -> WORD.compareAndSet(this, now, word(now >>> PHASE_BITS, PARKED));
                case SERVING -> WORD.compareAndSet(this, now, word(now >>> PHASE_BITS, HELD));
                case ROUTING, COMPLETING -> Thread.yield();
                default -> {
                    return;
                }
            }
        }
    }

    /** Ends {@link #hold}: all is as it was. */
    void unhold() {
        long now = word;
        int phase = phase(now);
        if (phase == PARKED || phase == HELD) {
            WORD.compareAndSet(this, now, word(now >>> PHASE_BITS, phase == PARKED ? IDLE : SERVING));
        }
    }

    /** The handler of a dropped request has returned. @return whether it was dropped */
    boolean leftAfterDrop(long generation) {
        return WORD.compareAndSet(this, word(generation, DROPPED), word(generation, IDLE));
    }

    /** Waits out the short phases. @return the generation of the request that is with its client; 0 for none */
    long servingGeneration() {
        while (true) {
            long now = word;
            int phase = phase(now);
            if (phase != ROUTING && phase != COMPLETING && phase != HELD) {
                return phase == SERVING ? now >>> PHASE_BITS : 0;
            }
            Thread.yield();
        }
    }

    /** {@return generation and phase in one number: equal numbers mean that nothing has happened between} */
    long stamp() {
        return word;
    }

    /** {@return the phase at the time of this stamp} */
    static int phase(long stamp) {
        return (int) stamp & PHASE_MASK;
    }

    /** {@return whether a client has the request} */
    boolean inHand() {
        return withClient(phase());
    }

    /** Holds the slot, unless its request is inside a handler that is called inline. @return whether it is held */
    boolean holdUnlessInline() {
        hold();
        if (phase() == HELD && client instanceof InlineClient) {
            unhold();
            return false;
        }
        return true;
    }

    /** {@return whether it is with a threaded client} */
    boolean withThread() {
        return withClient(phase()) && client instanceof ThreadedClient;
    }

    /** {@return whether this client has the request, or had it when it was dropped and may still be inside} */
    boolean with(Client who) {
        int phase = phase(); // before the client: its store comes before the phase's
        return (withClient(phase) || phase == DROPPED) && client == who;
    }

    /** {@return who has or had the last request} */
    @Nullable
    Client client() {
        return client;
    }

    /** {@return the thread that dispatched the last request} */
    @Nullable
    Thread servant() {
        return servant;
    }

    /** {@return whether this thread dispatches the request that this client has} */
    boolean inside(Client who, Thread thread) {
        return with(who) && servant == thread;
    }

    /** {@return whether another thread than this one dispatched the request} */
    boolean dispatchedByOther(Thread thread) {
        return servant != thread;
    }

    /** Reads the request from the page, once: what the page's owner changes later has no effect. */
    void read(IoRequestPage page) {
        type = page.type(vcpu);
        long bytes = page.size(vcpu);
        size = bytes >= 1 && bytes <= RangeIndex.MAX_ACCESS_BYTES ? (int) bytes : 0;
        write = page.write(vcpu);
        address = page.address(vcpu);
        value = page.value(vcpu) & mask();
        if (type == IoRequestPage.PCICFG) {
            readPci(page);
        }
    }

    /** Reads again what turning a port request into one for configuration space has changed. */
    void readPci(IoRequestPage page) {
        type = IoRequestPage.PCICFG;
        bdf = (page.bus(vcpu) & 0xFF) << 8 | (page.device(vcpu) & 0x1F) << 3 | page.function(vcpu) & 7;
        register = page.register(vcpu) & 0xFFF;
    }

    /** {@return whether size and type are among those that the interface defines} */
    boolean wellFormed() {
        return size != 0 && (size & size - 1) == 0 && type >= IoRequestPage.PORTIO
                && type <= IoRequestPage.WRITE_PROTECT;
    }

    /** {@return the bits of a value that the access moves} */
    long mask() {
        return size == RangeIndex.MAX_ACCESS_BYTES ? -1 : (1L << 8 * size) - 1;
    }

    /** {@return the address as a trace shows it} */
    long traceAddress() {
        return type == IoRequestPage.PCICFG ? (long) bdf << 12 | register : address;
    }

    @Override
    public int vcpu() {
        return vcpu;
    }

    @Override
    public int type() {
        return type;
    }

    @Override
    public long address() {
        return address;
    }

    @Override
    public int size() {
        return size;
    }

    @Override
    public boolean write() {
        return write;
    }

    @Override
    public long value() {
        return value;
    }

    @Override
    public int bdf() {
        return bdf;
    }

    @Override
    public int register() {
        return register;
    }
}
