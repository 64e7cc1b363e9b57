package org.cupule.deployer;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.ClosedWatchServiceException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.StandardWatchEventKinds;
import java.nio.file.WatchKey;
import java.nio.file.WatchService;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A folder whose jars are the plug-ins that are installed: one that is put there is deployed, one that is taken away is
 * unplugged.
 *
 * <pre>
 *   file appears, changes --> not touched for 300 ms --> read --> deployed, or refused: then looked at again
 *                                    ^                                when it changes
 *                                    '-- still growing, or no jar yet: for 2 s
 * </pre>
 *
 * @threading {@link #scan} before {@link #watch}; from then on {@code plugins-watch}
 */
final class DropFolder implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(DropFolder.class);
    private static final long SETTLED_NANOS = TimeUnit.MILLISECONDS.toNanos(300);
    private static final long HALF_WRITTEN_NANOS = TimeUnit.SECONDS.toNanos(2);
    private static final long LOOK_MILLIS = 100;
    /** A folder that was taken away gives no sign when it is back. */
    private static final long IDLE_MILLIS = 1000;
    private static final Duration LAST_FILE = Duration.ofSeconds(10);

    private final Path folder;
    private final Drops drops;
    /** By file: what it was when it was dealt with. */
    private final Map<Path, Mark> dealt = new HashMap<>();
    /** By file: what it was at the last look, and since when. */
    private final Map<Path, Waiting> waiting = new HashMap<>();
    private @Nullable WatchService service;
    private @Nullable WatchKey registered;
    private @Nullable Thread thread;
    private volatile boolean closed;
    /** What the last look failed with; empty when it did not. */
    private String failure = "";

    private record Mark(long size, FileTime time) {
    }

    private record Waiting(Mark mark, long since) {
    }

    /** What is done with the files. */
    interface Drops {
        /** A jar is there, new or changed. @return false when it could be half-written, and is not the last try */
        boolean put(Path file, boolean lastTry);

        /** A jar is not there any more. */
        void taken(Path file);
    }

    DropFolder(Path folder, Drops drops) {
        this.folder = folder;
        this.drops = drops;
    }

    /** Deals with what is there now. */
    void scan() {
        for (Path file : jarsOrNone()) {
            mark(file).ifPresent(mark -> {
                dealt.put(file, mark);
                drops.put(file, true);
            });
        }
    }

    /** Watches from now on. */
    void watch() {
        try {
            Files.createDirectories(folder);
            WatchService watcher = FileSystems.getDefault().newWatchService();
            service = watcher;
            register(watcher);
            thread = Thread.ofPlatform().daemon().name("plugins-watch").start(() -> run(watcher));
        } catch (IOException e) {
            LOG.error("the folder {} is not watched: {}", folder, e.toString());
        }
    }

    /** Ends the watching, once the file that is being dealt with is done: for 10 s at most. */
    @Override
    public void close() {
        closed = true;
        WatchService watcher = service;
        if (watcher != null) {
            try {
                watcher.close();
            } catch (IOException e) {
                LOG.debug("{}: {}", folder, e.toString());
            }
        }
        join(thread);
    }

    private void join(@Nullable Thread watching) {
        try {
            if (watching != null && !watching.join(LAST_FILE)) {
                LOG.warn("{}: a plug-in is still being dealt with after {} s; it is not waited for any longer", folder,
                        LAST_FILE.toSeconds());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void run(WatchService watcher) {
        try {
            lookUnlessStopped(); // what came between the scan and the registration
            while (true) {
                WatchKey key = watcher.poll(waiting.isEmpty() ? IDLE_MILLIS : LOOK_MILLIS, TimeUnit.MILLISECONDS);
                if (key != null) {
                    key.pollEvents(); // which file it is does not matter: all are looked at
                    key.reset();
                }
                register(watcher);
                lookUnlessStopped();
            }
        } catch (ClosedWatchServiceException e) {
            LOG.debug("{} is not watched any more", folder);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Anew, when the folder was taken away and made again. */
    private void register(WatchService watcher) {
        WatchKey key = registered;
        if (key != null && key.isValid()) {
            return;
        }
        try {
            registered = folder.register(watcher, StandardWatchEventKinds.ENTRY_CREATE,
                    StandardWatchEventKinds.ENTRY_MODIFY, StandardWatchEventKinds.ENTRY_DELETE);
        } catch (IOException e) {
            registered = null; // it is looked at again
        }
    }

    /** A look that fails is told, once; the next one goes on. */
    private void lookUnlessStopped() {
        try {
            look();
            failure = "";
        } catch (ClosedWatchServiceException e) {
            throw e;
        } catch (IllegalStateException e) {
            LOG.info("{}: {}", folder, e.getMessage()); // the framework stops
        } catch (RuntimeException e) {
            if (!failure.equals(e.toString())) {
                failure = e.toString();
                LOG.error("{}: this look failed, the next one goes on", folder, e);
            }
        }
    }

    /** New and changed files first, so that one that was renamed is still known. */
    private void look() {
        List<Path> present = jars();
        waiting.keySet().retainAll(present);
        present.forEach(file -> mark(file).ifPresent(mark -> look(file, mark)));
        if (!waiting.isEmpty()) {
            return; // one of them could be a file that is missed now, under another name
        }
        Set<Path> gone = new HashSet<>(dealt.keySet());
        gone.removeAll(present);
        for (Path file : closed ? Set.<Path>of() : gone) {
            dealt.remove(file);
            drops.taken(file);
        }
    }

    private void look(Path file, Mark mark) {
        if (closed || mark.equals(dealt.get(file))) {
            waiting.remove(file);
            return;
        }
        Waiting before = waiting.get(file);
        long now = System.nanoTime();
        if (before == null || !before.mark.equals(mark)) {
            waiting.put(file, new Waiting(mark, now));
        } else if (now - before.since > SETTLED_NANOS) {
            put(file, mark, now - before.since > HALF_WRITTEN_NANOS);
        }
    }

    /** One that fails is not tried again before it changes. */
    private void put(Path file, Mark mark, boolean lastTry) {
        boolean done = true;
        try {
            done = drops.put(file, lastTry);
        } finally {
            if (done) {
                waiting.remove(file);
                dealt.put(file, mark);
            }
        }
    }

    private List<Path> jarsOrNone() {
        try {
            return jars();
        } catch (UncheckedIOException e) {
            LOG.error("{} cannot be read: {}", folder, e.getMessage());
            return List.of();
        }
    }

    /** {@return the jars; none when there is no folder} A folder that cannot be read has not lost them. */
    private List<Path> jars() {
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(file -> file.getFileName().toString().endsWith(".jar")).sorted().toList();
        } catch (NoSuchFileException | NotDirectoryException e) {
            return List.of();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Optional<Mark> mark(Path file) {
        try {
            var attributes = Files.readAttributes(file, BasicFileAttributes.class);
            return attributes.isRegularFile()
                    ? Optional.of(new Mark(attributes.size(), attributes.lastModifiedTime()))
                    : Optional.empty();
        } catch (IOException e) {
            return Optional.empty();
        }
    }
}
