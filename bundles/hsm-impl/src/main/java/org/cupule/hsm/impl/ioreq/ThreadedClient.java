package org.cupule.hsm.impl.ioreq;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.concurrent.locks.LockSupport;
import org.cupule.hsm.ioreq.IoHandler;
import org.jspecify.annotations.Nullable;

/**
 * A client with a thread of its own, which serves the lowest vCPU first ({@code hsm.md} 7.7). The thread is virtual: to
 * wake one costs a fraction of what a platform thread costs.
 *
 * <p>
 * The dispatcher stores the slot, then sets the vCPU's bit; the thread clears the bit, then takes the slot out: so a
 * slot that replaces a dropped one is neither missed nor taken twice.
 *
 * @threading any thread; the handler runs on the client's thread
 */
final class ThreadedClient extends HandlerClient {
    private static final VarHandle BITS;

    static {
        try {
            BITS = MethodHandles.lookup().findVarHandle(ThreadedClient.class, "bits", int.class);
        } catch (ReflectiveOperationException impossible) {
            throw new ExceptionInInitializerError(impossible);
        }
    }

    private final AtomicReferenceArray<@Nullable Slot> handed;
    private final Thread thread;
    @SuppressWarnings("unused") // by BITS
    private volatile int bits;
    private volatile boolean sleeping;
    private volatile boolean stopping;

    ThreadedClient(int vmid, String name, IoHandler handler, ClientRegistry registry, Answers answers) {
        super(name, registry.nextOrder(), handler, false, registry, answers);
        handed = new AtomicReferenceArray<>(registry.slots().count());
        thread = Thread.ofVirtual().name("VM" + vmid + "-" + clientName()).unstarted(this::run);
    }

    void start() {
        thread.start();
    }

    @Override
    String form() {
        return "threaded";
    }

    @Override
    void serve(Slot slot, long generation) {
        handed.set(slot.vcpu(), slot);
        BITS.getAndBitwiseOr(this, 1 << slot.vcpu());
        if (sleeping) { // partner: sleeping is set before the bits are looked at for the last time
            LockSupport.unpark(thread);
        }
    }

    @Override
    void dropped(int vcpu) {
        BITS.getAndBitwiseAnd(this, ~(1 << vcpu));
    }

    private void run() {
        while (true) {
            int waiting = bits;
            if (waiting != 0) {
                serveOne(Integer.numberOfTrailingZeros(waiting));
            } else if (stopping && !registry.slots().any(slot -> slot.with(this))) {
                return; // not while a dispatcher is about to set a bit
            } else {
                sleep();
            }
        }
    }

    private void serveOne(int vcpu) {
        BITS.getAndBitwiseAnd(this, ~(1 << vcpu));
        Slot slot = handed.getAndSet(vcpu, null);
        if (slot != null) {
            handle(slot, slot.generation());
        }
    }

    private void sleep() {
        sleeping = true;
        if (bits == 0 && !stopping) {
            LockSupport.park(this);
            Thread.interrupted(); // a handler's interrupt must not keep the thread awake
        }
        sleeping = false;
    }

    @Override
    boolean inside(Thread caller) {
        return caller == thread;
    }

    @Override
    Thread servant(Slot slot) {
        return thread;
    }

    @Override
    void stop() {
        stopping = true;
        LockSupport.unpark(thread);
    }

    @Override
    boolean stopped() {
        return !thread.isAlive();
    }
}
