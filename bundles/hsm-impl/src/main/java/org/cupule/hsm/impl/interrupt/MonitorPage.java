package org.cupule.hsm.impl.interrupt;

import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * The page of the interrupt monitor that a VM keeps: the last one with which a command succeeded ({@code hsm.md} 10.4).
 *
 * @threading any thread
 */
final class MonitorPage {
    private static final Runnable CLOSED = () -> {
    };

    private final AtomicReference<@Nullable Runnable> release = new AtomicReference<>();

    /** Keeps a page instead of the one before, which is released; after the end it is released at once. */
    void keep(Runnable releaseNew) {
        Runnable before;
        do {
            before = release.get();
            if (before == CLOSED) {
                releaseNew.run();
                return;
            }
        } while (!release.compareAndSet(before, releaseNew));
        if (before != null) {
            before.run();
        }
    }

    /** Releases what is kept: the VM is destroyed. */
    void close() {
        Runnable last = release.getAndSet(CLOSED);
        if (last != null) {
            last.run();
        }
    }
}
