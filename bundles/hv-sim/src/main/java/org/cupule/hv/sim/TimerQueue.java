package org.cupule.hv.sim;

import java.util.Comparator;
import java.util.PriorityQueue;
import org.cupule.time.VmTimer;
import org.jspecify.annotations.Nullable;

/**
 * Armed timers, the next one first.
 *
 * @threading any thread; its own lock, under which nothing is called
 */
final class TimerQueue {
    private static final long NEVER = VmTimer.NEVER;

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

    /** Runs the actions that are due, in the order of their deadlines. @return whether there was one */
    boolean fire(long now) {
        boolean any = false;
        for (Timer due = poll(now); due != null; due = poll(now)) {
            due.action.run();
            any = true;
        }
        return any;
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
