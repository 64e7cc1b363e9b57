package org.cupule.launcher;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;

/**
 * The folder of one process. A lock on a file in it says that its process lives; folders left by dead ones are removed
 * by the next start.
 *
 * @threading confined to the main thread, but for {@link #close}, which any thread may call
 */
final class RunFolder implements AutoCloseable {
    private static final String LOCK = "lock";

    private final Home home;
    private final Path path;
    private final FileChannel lock;

    private RunFolder(Home home, Path path, FileChannel lock) {
        this.home = home;
        this.path = path;
        this.lock = lock;
    }

    /** {@return a new, locked folder; leftovers of dead processes are gone} */
    static RunFolder open(Home home) {
        try {
            sweep(home.runs());
            var path = Files.createTempDirectory(home.runs(), "");
            var lock = FileChannel.open(path.resolve(LOCK), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            lock.lock();
            return new RunFolder(home, path, lock);
        } catch (IOException e) {
            throw new LaunchException(Status.HOST_FAILURE,
                    "cannot write to %s (%s); free some space, or set CUPULE_HOME.".formatted(home.runs(), e), e);
        }
    }

    Home home() {
        return home;
    }

    Path cache() {
        return path.resolve("cache");
    }

    Path bundles() {
        return path.resolve("bundles");
    }

    Path plugins() {
        return path.resolve("plugins");
    }

    Path path() {
        return path;
    }

    /** Removes the folder; a second call finds nothing to do. */
    @Override
    public synchronized void close() {
        try (lock) {
            delete(path);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void sweep(Path runs) throws IOException {
        try (var folders = Files.list(runs)) {
            for (var folder : folders.toList()) {
                if (isDead(folder)) {
                    delete(folder);
                }
            }
        }
    }

    /** A folder without its lock file is one that is being made just now, or one that is being removed: left alone. */
    private static boolean isDead(Path folder) throws IOException {
        var file = folder.resolve(LOCK);
        if (!Files.exists(file)) {
            return false;
        }
        try (var channel = FileChannel.open(file, StandardOpenOption.WRITE); var lock = channel.tryLock()) {
            return lock != null;
        }
    }

    /** The lock file goes last, so that the next start removes what an interrupted removal leaves. */
    private static void delete(Path folder) throws IOException {
        if (!Files.exists(folder)) {
            return;
        }
        var lock = folder.resolve(LOCK);
        try (var tree = Files.walk(folder)) {
            for (var path : tree.sorted(Comparator.reverseOrder()).toList()) {
                if (!path.equals(lock) && !path.equals(folder)) {
                    Files.deleteIfExists(path);
                }
            }
        }
        Files.deleteIfExists(lock);
        Files.deleteIfExists(folder);
    }
}
