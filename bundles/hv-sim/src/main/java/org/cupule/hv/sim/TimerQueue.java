package org.cupule.hv.sim;

import java.util.Comparator;
import java.util.PriorityQueue;
import org.cupule.time.VmTimer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Armed timers, the next one first.
 *
 * @threading any thread; its own lock, under which nothing is called
 */
final class TimerQueue {
    private static final Logger LOG = LoggerFactory.getLogger(TimerQueue.class);
    private static final long NEVER = VmTimer.NEVER;
    private static final int MOST_AT_ONCE = 1000;

    private final PriorityQueue<Timer> armed = new PriorityQueue<>(
            Comparator.comparingLong(Timer::order).thenComparingLong(Timer::number));
    private final Runnable earlier;
    private volatile long next = NEVER;
    private long numbers;

    /**
     * Makes an empty queue.
     *
     * @param earlier
     *            called, without the lock, when the next deadline has come nearer
     */
    TimerQueue(Runnable earlier) {
        this.earlier = earlier;
    }

    VmTimer timer(Runnable action) {
        return new Timer(action);
    }

    /** {@return the next deadline, or NEVER} */
    long next() {
        return next;
    }

    /**
     * Runs the actions that are due, in the order of their deadlines; not more than so many that a timer which always
     * arms itself for now cannot keep the caller for ever.
     *
     * @return whether there was one
     */
    boolean fire(long now) {
        int fired = 0;
        for (Timer due = poll(now); due != null; due = fired < MOST_AT_ONCE ? poll(now) : null) {
            run(due.action);
            fired++;
        }
        return fired > 0;
    }

    /** An action that throws is its maker's trouble; the other timers and the caller go on. */
    private static void run(Runnable action) {
        try {
            action.run();
        } catch (RuntimeException e) {
            LOG.error("the action of a timer failed", e);
        }
    }

    private @Nullable Timer poll(long now) {
        if (next > now) {
            return null;
        }
        synchronized (armed) {
            Timer head = armed.peek();
            if (head == null || head.deadline > now) {
                return null;
            }
            armed.poll();
            head.deadline = NEVER;
            look();
            return head;
        }
    }

    private void look() {
        Timer head = armed.peek();
        next = head == null ? NEVER : head.deadline;
    }

    private void set(Timer timer, long deadline) {
        boolean nearer;
        synchronized (armed) {
            if (timer.deadline == deadline) {
                return;
            }
            if (timer.deadline != NEVER) {
                armed.remove(timer);
            }
            timer.deadline = deadline;
            timer.number = numbers++;
            if (deadline != NEVER) {
                armed.add(timer);
            }
            long before = next;
            look();
            nearer = next < before;
        }
        if (nearer) {
            earlier.run();
        }
    }

    /** One timer; of two with the same deadline the one that was armed first fires first. */
    private final class Timer implements VmTimer {
        private final Runnable action;
        private volatile long deadline = NEVER;
        private long number;

        Timer(Runnable action) {
            this.action = action;
        }

        long order() {
            return deadline;
        }

        long number() {
            return number;
        }

        @Override
        public void arm(long deadlineNanos) {
            set(this, deadlineNanos);
        }

        @Override
        public void disarm() {
            set(this, NEVER);
        }

        @Override
        public long deadline() {
            return deadline;
        }
    }
}
