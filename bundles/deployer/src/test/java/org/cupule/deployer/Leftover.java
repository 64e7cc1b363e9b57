package org.cupule.deployer;

import java.util.TimerTask;
import java.util.concurrent.CountDownLatch;
import java.util.logging.Handler;
import java.util.logging.LogRecord;

/**
 * What a plug-in leaves behind, in the forms in which others take it. Loaded anew by a class loader of its own for each
 * test.
 */
final class Leftover {
    private Leftover() {
    }

    /** A thread that ends when it is interrupted. */
    static final class Worker extends Thread {
        Worker() {
            setDaemon(true);
        }

        @Override
        public void run() {
            try {
                new CountDownLatch(1).await();
            } catch (InterruptedException e) {
                return; // it is let go
            }
        }
    }

    /** A hook that has nothing to do when the JVM ends. */
    static final class Hook extends Thread {
        @Override
        public void run() {
            // it only has to be there
        }
    }

    /** A handler of the JDK's log. */
    static final class LogHandler extends Handler {
        @Override
        public void publish(LogRecord message) {
            // it only has to be there
        }

        @Override
        public void flush() {
            // nothing is kept back
        }

        @Override
        public void close() {
            // nothing is open
        }
    }

    /** Something that is to be done later. */
    static final class Task extends TimerTask {
        @Override
        public void run() {
            // it never comes to it
        }
    }

    /** A value, a listener, a service or what native code calls. */
    static final class Value implements Runnable {
        @Override
        public void run() {
            // it only has to be there
        }
    }
}
