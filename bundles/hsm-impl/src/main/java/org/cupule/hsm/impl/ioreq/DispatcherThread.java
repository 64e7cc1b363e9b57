package org.cupule.hsm.impl.ioreq;

import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The dispatcher of one VM in queued mode; in direct mode it serves what had no client when it was posted. Made at its
 * first use: an idle VM has no such thread. One VM's handlers never hold up another VM.
 *
 * @threading any thread may wake it
 */
final class DispatcherThread {
    private final String name;
    private final Slots slots;
    private final PageProtocol protocol;
    private final RequestDispatcher dispatcher;
    private final ClientRegistry registry;
    private final ReentrantLock starting = new ReentrantLock();
    private volatile @Nullable Thread thread;
    private volatile boolean work;
    private volatile boolean sleeping;
    private volatile boolean stopping;

    DispatcherThread(String name, Slots slots, PageProtocol protocol, RequestDispatcher dispatcher,
            ClientRegistry registry) {
        this.name = name;
        this.slots = slots;
        this.protocol = protocol;
        this.dispatcher = dispatcher;
        this.registry = registry;
    }

    /** Has all slots looked at soon. */
    void wake() {
        work = true;
        Thread running = thread;
        if (running == null) {
            start();
        } else if (sleeping) { // partner: sleeping is set before work is looked at for the last time
            LockSupport.unpark(running);
        }
    }

    private void start() {
        starting.lock();
        try {
            if (thread == null && !stopping) {
                begin();
            }
        } finally {
            starting.unlock();
        }
    }

    /** The field before the start: the thread goes on only as long as it is the one. */
    private void begin() {
        Thread fresh = Thread.ofVirtual().name(name).unstarted(this::run);
        thread = fresh;
        fresh.start();
    }

    /** The dispatcher itself is inside a handler that does not return: a fresh one goes on. */
    void leaveBehind(Thread stuck) {
        starting.lock();
        try {
            if (thread == stuck && !stopping) {
                work = true;
                begin();
            }
        } finally {
            starting.unlock();
        }
    }

    /** One that was left behind ends when it comes back: {@code thread} is another one then. */
    private void run() {
        while (!stopping && mine()) {
            if (work) {
                work = false; // before the slots are looked at
                round();
            } else {
                sleep();
            }
        }
    }

    private boolean mine() {
        return thread == Thread.currentThread();
    }

    private void sleep() {
        sleeping = true;
        if (!work && !stopping) {
            LockSupport.park(this);
            Thread.interrupted(); // a handler's interrupt must not keep the thread awake
        }
        sleeping = false;
    }

    /**
     * One look at all vCPUs. A request that no client takes ends it, as in the driver ({@code hsm.md} 7.5); the next
     * round passes over it, unless there are new clients.
     */
    private void round() {
        for (int vcpu = 0; vcpu < slots.count() && mine(); vcpu++) { // back after all, it must not touch the page
            if (protocol.posted(vcpu) && slots.slot(vcpu).orphanedUnder != registry.routes()
                    && !dispatcher.dispatch(vcpu)) {
                return;
            }
        }
    }

    /** Ends the thread after the request that it is at. */
    void stop() {
        starting.lock();
        try {
            stopping = true;
        } finally {
            starting.unlock();
        }
        LockSupport.unpark(thread);
    }

    /** {@return whether it does not run, or is the caller} */
    boolean stopped() {
        Thread running = thread;
        return running == null || !running.isAlive() || running == Thread.currentThread();
    }
}
