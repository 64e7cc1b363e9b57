package org.cupule.hsm.impl.ioreq;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.cupule.abi.IoRequestPage;
import org.cupule.hsm.ioreq.DefaultClient;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;

/**
 * The default client in its attach and notify form: somebody sleeps in {@link #attach}, reads the page, writes the
 * value there and notifies.
 *
 * @threading any thread; one at a time in {@link #attach}
 */
final class AttachedClient extends Client implements DefaultClient {
    private final ClientRegistry registry;
    private final IoRequestPage page;
    private final AtomicInteger bits = new AtomicInteger();
    private final AtomicReference<Thread> sleeper = new AtomicReference<>();
    private volatile boolean destroying;

    AttachedClient(ClientRegistry registry, IoRequestPage page) {
        super("default", registry.nextOrder(), registry.slots().count());
        this.registry = registry;
        this.page = page;
    }

    @Override
    boolean fallback() {
        return true;
    }

    @Override
    String form() {
        return "default attach";
    }

    @Override
    long failures() {
        return 0;
    }

    /** The bit is set before the request can be answered: set later, it could outlive the answer. */
    @Override
    void taken(int vcpu) {
        adopt(vcpu);
    }

    @Override
    void serve(Slot slot, long generation) {
        wake();
    }

    /** Has a request from now on. */
    void adopt(int vcpu) {
        set(1 << vcpu, true);
    }

    @Override
    void answered(Slot slot) {
        super.answered(slot);
        set(1 << slot.vcpu(), false);
    }

    @Override
    void dropped(int vcpu) {
        set(1 << vcpu, false);
    }

    private void set(int bit, boolean on) {
        int old = bits.get();
        while (!bits.compareAndSet(old, on ? old | bit : old & ~bit)) {
            old = bits.get();
        }
    }

    @Override
    public void attach() throws InterruptedException {
        Thread caller = Thread.currentThread();
        if (!sleeper.compareAndSet(null, caller)) {
            throw new HsmException(Errno.EBUSY, "attach",
                    "another thread, '" + sleeper.get() + "', is attached already; attach from one thread at a time");
        }
        try {
            sleep();
        } finally {
            sleeper.set(null);
        }
    }

    private void sleep() throws InterruptedException {
        while (true) {
            if (destroying) {
                throw new HsmException(Errno.ENODEV, "attach", "the default client is being destroyed");
            }
            if (bits.get() != 0) {
                return;
            }
            LockSupport.park(this);
            if (Thread.interrupted()) {
                throw new InterruptedException("attach was interrupted");
            }
        }
    }

    private void wake() {
        Thread thread = sleeper.get(); // after the bit: partner of the sleeper's look at the bits
        if (thread != null) {
            LockSupport.unpark(thread);
        }
    }

    @Override
    public IoRequestPage page() {
        return page;
    }

    @Override
    public void close() {
        registry.remove(this);
        destroying = true;
        wake();
    }
}
