package org.cupule.deployer;

import java.lang.ref.WeakReference;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.cupule.swap.PluginState;
import org.jspecify.annotations.Nullable;

/**
 * Uninstalled plug-ins until their class loaders are collected. Garbage is collected by force only now and then, and
 * only while something is awaited: guests stand still meanwhile.
 *
 * @threading any thread; {@code plugin-departures} lives while something is awaited
 */
final class Departures {
    private static final long LOOK_NANOS = Duration.ofMillis(500).toNanos();
    private static final long FORCE_NANOS = Duration.ofSeconds(5).toNanos();
    private static final Duration LEAKED_AFTER = Duration.ofSeconds(30);
    private static final int MOST_FORCED = 6;

    private final Journal journal;
    private final List<Departed> awaited = new CopyOnWriteArrayList<>();
    private final AtomicBoolean running = new AtomicBoolean();
    private volatile boolean closed;

    Departures(Journal journal) {
        this.journal = journal;
    }

    /**
     * One uninstalled plug-in. The heap dump finds its class loader by the field {@code loader}.
     *
     * @threading any thread
     */
    static final class Departed {
        final String plugin;
        final String sha256;
        final WeakReference<ClassLoader> loader;
        private final long since = System.nanoTime();
        private final AtomicBoolean told = new AtomicBoolean();
        private volatile boolean leaked;

        private Departed(String plugin, String sha256, @Nullable ClassLoader loader) {
            this.plugin = plugin;
            this.sha256 = sha256;
            this.loader = new WeakReference<>(loader);
        }

        boolean gone() {
            return loader.get() == null;
        }
    }

    /** A plug-in was uninstalled; its bundle must be held by nobody here. */
    Departed add(String plugin, String sha256, @Nullable ClassLoader loader) {
        var departed = new Departed(plugin, sha256, loader);
        awaited.add(departed);
        ensureThread();
        return departed;
    }

    /** {@return those whose class loaders are still there} */
    List<Departed> present() {
        awaited.forEach(this::look);
        return List.copyOf(awaited);
    }

    /** Waits for one, with all that can be done for it, unless interrupted. @return whether it is gone */
    boolean await(Departed departed, Duration most) {
        long deadline = System.nanoTime() + most.toNanos();
        for (long nap = Duration.ofMillis(5).toNanos(); !departed.gone()
                && System.nanoTime() - deadline < 0 && !Thread.currentThread().isInterrupted(); nap *= 2) {
            System.gc();
            LockSupport.parkNanos(this, Math.min(nap, deadline - System.nanoTime()));
        }
        look(departed);
        return departed.gone();
    }

    /** It was waited for long enough. */
    void tellLeaked(Departed departed, String holder) {
        departed.leaked = true;
        journal.tell("unplug", departed.plugin, departed.sha256, PluginState.LEAKED, holder);
    }

    void close() {
        closed = true;
    }

    private void ensureThread() {
        if (!awaited.isEmpty() && !closed && running.compareAndSet(false, true)) {
            Thread.ofPlatform().daemon().name("plugin-departures").start(this::run);
        }
    }

    private void run() {
        long forced = System.nanoTime();
        int count = 0;
        while (!awaited.isEmpty() && !closed) {
            LockSupport.parkNanos(this, LOOK_NANOS);
            if (System.nanoTime() - forced > FORCE_NANOS && young()) {
                System.gc();
                forced = System.nanoTime();
                count++;
            }
            if (closed) {
                break; // nobody is there any more who wants to know
            }
            awaited.forEach(this::look);
            if (count >= MOST_FORCED && !young()) {
                break; // who looks again sees them; the next departure brings the thread back
            }
        }
        running.set(false);
        if (young()) {
            ensureThread();
        }
    }

    private boolean young() {
        return awaited.stream().anyMatch(departed -> !departed.leaked);
    }

    private void look(Departed departed) {
        if (departed.gone()) {
            awaited.remove(departed);
            if (departed.told.compareAndSet(false, true)) {
                journal.tell("unplug", departed.plugin, departed.sha256, PluginState.GONE, departed.leaked
                        ? "what held its class loader has let it go"
                        : "its class loader is collected");
            }
        } else if (!departed.leaked && System.nanoTime() - departed.since > LEAKED_AFTER.toNanos()) {
            tellLeaked(departed, "something holds its class loader: hsm:leaks names it");
        }
    }
}
