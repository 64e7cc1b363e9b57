package org.cupule.linux.acrn;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.cupule.abi.IoRequestPage;
import org.cupule.abi.IoctlNumber;
import org.cupule.host.CallBack;
import org.cupule.hypervisor.PartitionEvent;
import org.cupule.hypervisor.Upcall;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Waits in the driver for I/O requests of one VM and hands them to the HSM ({@code hsm.md} 7.8): a platform thread,
 * since a wait in the kernel holds its carrier.
 *
 * <pre>
 *          .--> OUT ---attach---> IN ---0: a request, or a signal--.
 *          |     |                 | (call back, until it is OUT)  |
 *          |   stop                '-------------------------------+
 *          |     v                                                 |
 *          |  ENDED: the driver's client may go                    v
 *          '------------------- all slots are looked at <----------'
 * </pre>
 *
 * <p>
 * The driver frees its client without waiting for who sleeps in it (7.11). So nothing is destroyed before the thread
 * cannot be IN any more: {@link #stop} says when that is so. A thread that is inside a handler of the HSM is OUT: it
 * may stay there as long as it likes, since it goes into the driver no more.
 *
 * <p>
 * ATTACH returns at once while any request is unfinished. When all that are there have been handed over, and some are
 * still with their clients, the loop sleeps a little, or until one is finished. Handing the same request over again
 * does no harm: the HSM knows it.
 *
 * @threading any thread
 */
final class AttachLoop {
    private static final Logger LOG = LoggerFactory.getLogger(AttachLoop.class);
    private static final long FIRST_PAUSE_NANOS = 20_000;
    /** While another vCPU may have a request meanwhile; and while none may. */
    private static final long PAUSE_NANOS = 1_000_000;
    private static final long LONGEST_PAUSE_NANOS = 50_000_000;
    private static final long CALL_AGAIN_NANOS = 1_000_000;

    private enum Phase {
        OUT, IN, ENDED
    }

    private final String name;
    private final HsmFile file;
    private final Driver driver;
    private final IoRequestPage page;
    private final int vcpus;
    private final Upcall upcall;
    private volatile @Nullable Waiter current;

    /**
     * Makes a loop that does not run.
     *
     * @param name
     *            of its threads
     * @param page
     *            looked at only while the loop runs
     */
    AttachLoop(String name, HsmFile file, Driver driver, IoRequestPage page, int vcpus, Upcall upcall) {
        this.name = name;
        this.file = file;
        this.driver = driver;
        this.page = page;
        this.vcpus = vcpus;
        this.upcall = upcall;
    }

    /**
     * Begins to wait for requests; the driver's client is there. Does nothing while it runs.
     *
     * @throws HsmException
     *             EBUSY while a thread is in the driver that was told to leave
     */
    synchronized void start() {
        Waiter waiting = current;
        if (waiting == null || waiting.phase.get() == Phase.ENDED) {
            begin();
        } else if (waiting.stopping) {
            throw new HsmException(Errno.EBUSY, "start", name + " has not left the driver yet; try again");
        }
    }

    private void begin() {
        Waiter fresh = new Waiter();
        current = fresh;
        fresh.thread.start();
    }

    /**
     * Has it leave the driver and never go in again.
     *
     * @param millis
     *            how long that may take
     * @return whether it is out: if not, it still waits in the driver, whose client must not be destroyed
     */
    synchronized boolean stop(long millis) {
        Waiter waiting = current;
        return waiting == null || waiting.end(millis);
    }

    /** {@return whether somebody waits for requests} */
    boolean running() {
        Waiter waiting = current;
        return waiting != null && waiting.phase.get() != Phase.ENDED;
    }

    /** A request has been finished: another one may be there. */
    void finished() {
        Waiter waiting = current;
        if (waiting != null && waiting.thread == Thread.currentThread()) {
            waiting.answered = true;
        } else if (waiting != null) {
            waiting.woken = true; // before the permit: who takes it sees it
            LockSupport.unpark(waiting.thread);
        }
    }

    /** The thread is inside a handler that does not return: a fresh one goes on. */
    synchronized void leaveBehind(Thread stuck) {
        Waiter waiting = current;
        if (waiting != null && waiting.thread == stuck && waiting.phase.compareAndSet(Phase.OUT, Phase.ENDED)) {
            LOG.warn("{}: a handler of an I/O request does not return; a fresh thread goes on", name);
            begin();
        }
    }

    /**
     * One thread.
     *
     * @threading its own thread, but for {@link #end}
     */
    private final class Waiter implements Runnable {
        private final Thread thread = Thread.ofPlatform().name(name).daemon().unstarted(this);
        private final AtomicReference<Phase> phase = new AtomicReference<>(Phase.OUT);
        private volatile boolean stopping;
        private volatile @Nullable CallBack callBack;
        private volatile boolean woken;
        /** Answered by this thread itself: what is in the slot by now is the vCPU's next request. */
        private boolean answered;
        private long pauseNanos = FIRST_PAUSE_NANOS;

        @Override
        public void run() {
            try (CallBack mine = driver.currentThread()) {
                callBack = mine;
                loop();
            } catch (RuntimeException | Error failure) {
                tellEnd(failure);
            } finally {
                phase.set(Phase.ENDED);
            }
        }

        private void loop() {
            while (!stopping && phase.compareAndSet(Phase.OUT, Phase.IN)) {
                long result = stopping ? 0 : file.ask(IoctlNumber.ATTACH_IOREQ_CLIENT);
                phase.set(Phase.OUT);
                if (result == -Errno.ENODEV.number() && stopping) {
                    return;
                }
                file.check(IoctlNumber.ATTACH_IOREQ_CLIENT, result == -Errno.EINTR.number() ? 0 : result);
                if (!stopping) {
                    serve();
                }
            }
        }

        /** Hands over all that is there. After a signal that may be nothing. */
        private void serve() {
            int left = 0;
            for (int vcpu = 0; vcpu < vcpus && !ended(); vcpu++) {
                if (ours(vcpu)) {
                    handOver(vcpu);
                    left += !answered && !ended() && ours(vcpu) ? 1 : 0;
                }
            }
            if (left > 0 && !ended()) {
                pause(left == vcpus ? LONGEST_PAUSE_NANOS : PAUSE_NANOS);
            }
        }

        private boolean ended() {
            return stopping || phase.get() == Phase.ENDED;
        }

        /** A request that the driver's own clients have is none of ours ({@code hsm.md} 7.5). */
        private boolean ours(int vcpu) {
            return page.state(vcpu) == IoRequestPage.PROCESSING && !page.kernelHandled(vcpu);
        }

        private void handOver(int vcpu) {
            answered = false;
            try {
                upcall.request(vcpu);
            } catch (RuntimeException | Error failure) {
                LOG.error("{}: a request of vCPU {} could not be handed over", name, vcpu, failure);
            }
            Thread.interrupted(); // a handler's interrupt must not end the next wait
        }

        /** Sleeps until a request is finished, but not for long: the others are not heard meanwhile. */
        private void pause(long mostNanos) {
            pauseNanos = woken ? FIRST_PAUSE_NANOS : Math.min(pauseNanos * 2, mostNanos);
            woken = false;
            LockSupport.parkNanos(this, pauseNanos);
        }

        /** Calls the thread back until it is out. */
        boolean end(long millis) {
            stopping = true; // before the first call: who is about to go in sees it, or hears a later call
            long until = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
            boolean interrupted = false;
            while (!phase.compareAndSet(Phase.OUT, Phase.ENDED) && phase.get() != Phase.ENDED) {
                if (System.nanoTime() - until > 0) {
                    break;
                }
                CallBack way = callBack;
                if (way != null) {
                    way.call();
                }
                LockSupport.parkNanos(CALL_AGAIN_NANOS);
                interrupted |= Thread.interrupted();
            }
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
            LockSupport.unpark(thread);
            return phase.get() == Phase.ENDED;
        }

        private void tellEnd(Throwable failure) {
            if (stopping) {
                LOG.debug("{} ended", name, failure);
                return;
            }
            LOG.error("{}: I/O requests are answered no more", name, failure);
            upcall.event(new PartitionEvent.Stopped("the driver hands out no more I/O requests: "
                    + (failure instanceof HsmException ? failure.getMessage() : failure.toString())));
        }
    }
}
