package org.cupule.deployer;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;
import org.jspecify.annotations.Nullable;

/**
 * Whose turn it is: one transaction at a time.
 *
 * @threading any thread
 */
final class Turn {
    private static final long LOOK_AGAIN_NANOS = 10_000_000;

    private final AtomicReference<@Nullable Job> present = new AtomicReference<>();

    private record Job(String operation, String subject) {
    }

    /** Does something alone: EALREADY when just that is going on, EBUSY when something else is. */
    <T> T alone(String operation, String subject, Supplier<T> work) {
        Job mine = new Job(operation, subject);
        Job other = present.compareAndExchange(null, mine);
        if (other != null) {
            throw refused(mine, other);
        }
        return during(work);
    }

    private static HsmException refused(Job mine, Job other) {
        return new HsmException(other.equals(mine) ? Errno.EALREADY : Errno.EBUSY, mine.operation, other.equals(mine)
                ? "just that is going on: %s of %s; hsm:plugins shows how far it is".formatted(mine.operation,
                        mine.subject)
                : "another deployment is going on: %s of %s; try again when it has ended".formatted(
                        other.operation, other.subject));
    }

    private <T> T during(Supplier<T> work) {
        try {
            return work.get();
        } finally {
            present.set(null);
        }
    }

    /** As above, but waits for its turn: EBUSY when it does not come in time, or the thread is interrupted. */
    <T> T later(String operation, String subject, Duration patience, Supplier<T> work) {
        long deadline = System.nanoTime() + patience.toNanos();
        Job mine = new Job(operation, subject);
        for (Job other = present.compareAndExchange(null, mine); other != null; other = present.compareAndExchange(
                null, mine)) {
            if (System.nanoTime() - deadline >= 0 || Thread.currentThread().isInterrupted()) {
                throw refused(mine, other);
            }
            LockSupport.parkNanos(this, LOOK_AGAIN_NANOS);
        }
        return during(work);
    }
}
