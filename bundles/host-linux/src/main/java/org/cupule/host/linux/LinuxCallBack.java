package org.cupule.host.linux;

import org.cupule.host.CallBack;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;

/**
 * Calls a thread back by a signal to it alone. Its number belongs to it until {@link #close}: after that no signal is
 * sent, since the kernel may give the number away when the thread ends.
 *
 * <p>
 * The kernel keeps each real-time signal that is sent (signal(7)). A caller that calls without a pause would pile up
 * thousands, and the thread would run nothing but their handlers. So one that follows the last too closely is not sent.
 *
 * @threading any thread; its lock is held for the one call of the system that sends the signal
 */
final class LinuxCallBack implements CallBack {
    private static final long APART_NANOS = 500_000;

    private final int thread;
    private long notBefore = System.nanoTime();
    private boolean closed;

    private LinuxCallBack(int thread) {
        this.thread = thread;
    }

    static CallBack ofCurrentThread() {
        if (Thread.currentThread().isVirtual()) {
            throw new HsmException(Errno.EINVAL, "currentThread",
                    "a virtual thread has no thread of the system of its own; wait in the kernel on a platform thread");
        }
        Signals.unblock();
        return new LinuxCallBack(Signals.threadNumber());
    }

    @Override
    public synchronized void call() {
        long now = System.nanoTime();
        if (!closed && now - notBefore >= 0) {
            notBefore = now + APART_NANOS;
            Signals.send(thread);
        }
    }

    @Override
    public synchronized void close() {
        closed = true;
    }
}
