package org.cupule.host.linux;

import org.cupule.host.CallBack;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;

/**
 * Calls a thread back by a signal to it alone. Its number belongs to it until {@link #close}: after that no signal is
 * sent, since the kernel may give the number away when the thread ends.
 *
 * @threading any thread; its lock is held for the one call of the system that sends the signal
 */
final class LinuxCallBack implements CallBack {
    private final int thread;
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
        if (!closed) {
            Signals.send(thread);
        }
    }

    @Override
    public synchronized void close() {
        closed = true;
    }
}
