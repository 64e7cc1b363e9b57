package org.cupule.machine.dev;

import java.io.IOException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardWatchEventKinds;
import java.nio.file.WatchKey;
import java.nio.file.WatchService;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.Comparator;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;
import org.jspecify.annotations.Nullable;

/**
 * Watches the jar of a plug-in: that file, or the one that a Maven project leaves in {@code target}. A jar counts when
 * it has been still for a moment and is whole, so one that is just being written is waited for.
 *
 * <pre>
 *   changed --still for 300 ms--> read --whole, other bytes than before--> a new build
 *      ^                            | not whole: waits for the next change
 *      '----------------------------'
 * </pre>
 *
 * @threading one thread; {@link #close} on any
 */
public final class JarWatch implements AutoCloseable {
    private static final Duration STILL = Duration.ofMillis(300);
    private static final Duration LOOK = Duration.ofMillis(250);

    private final Path given;
    private final WatchService watch;
    private @Nullable WatchKey folder;
    private @Nullable Path watched;
    private @Nullable BuiltJar last;
    /** When the jar that was read last had changed; empty when it is to be read again. */
    private Optional<FileTime> seen = Optional.empty();

    /**
     * Begins to watch.
     *
     * @param given
     *            a project's folder, or a jar, which need not be there yet
     * @throws HsmException
     *             ENOENT when it is no project, nor the name of a jar in a folder that there is; EIO when the host does
     *             not let it
     */
    public JarWatch(Path given) {
        this.given = given.toAbsolutePath().normalize();
        if (!Files.isDirectory(this.given) && !Files.isDirectory(this.given.getParent())) {
            throw new HsmException(Errno.ENOENT, "dev", "there is no folder '" + this.given.getParent() + "'");
        }
        if (!Files.isDirectory(this.given) && !this.given.toString().endsWith(".jar")) {
            throw new HsmException(Errno.ENOENT, "dev", "'%s' is %s; name a project's folder or a jar".formatted(given,
                    Files.exists(this.given) ? "neither a folder nor a jar" : "not there"));
        }
        if (Files.isDirectory(this.given) && !Files.exists(this.given.resolve("pom.xml"))) {
            throw new HsmException(Errno.ENOENT, "dev",
                    "'" + given + "' is no Maven project: there is no pom.xml in it; name a project's folder or a jar");
        }
        try {
            watch = FileSystems.getDefault().newWatchService();
        } catch (IOException e) {
            throw new HsmException(Errno.EIO, "dev", "files cannot be watched: " + e.getMessage(), e);
        }
    }

    /** {@return where builds are looked for, for people} */
    public String place() {
        return Files.isDirectory(given) ? given.resolve("target").resolve("*.jar").toString() : given.toString();
    }

    /** {@return the jar that there is now; empty when there is none, or none that is whole} */
    public Optional<BuiltJar> present() {
        seen = time();
        Optional<BuiltJar> build = file().flatMap(BuiltJar::read);
        last = build.orElse(last);
        seen = build.isPresent() ? seen : Optional.empty();
        return build;
    }

    /**
     * Waits for a build with other bytes than the last one; one that came between two calls is told, too.
     *
     * @param over
     *            whether to wait no longer; looked at four times a second
     * @return the build; empty when the wait was over before
     * @throws InterruptedException
     *             when the thread is interrupted
     * @throws BuiltJar.NotABundleException
     *             when there is a jar that is no bundle, once for each
     */
    public Optional<BuiltJar> next(BooleanSupplier over) throws InterruptedException {
        while (!over.getAsBoolean()) {
            await();
            Optional<FileTime> now = settled();
            if (now.isPresent() && !now.equals(seen)) {
                seen = now;
                Optional<BuiltJar> build = file().flatMap(BuiltJar::read);
                BuiltJar before = last;
                if (build.isPresent() && (before == null || !build.get().same(before))) {
                    last = build.get();
                    return build;
                }
            }
        }
        return Optional.empty();
    }

    /** Waits for a change in the folder, or for a while: a folder that was deleted gives no sign when it is back. */
    private void await() throws InterruptedException {
        register();
        WatchKey key = watch.poll(LOOK.toMillis(), TimeUnit.MILLISECONDS);
        drain(key);
    }

    private static void drain(@Nullable WatchKey key) {
        if (key != null) {
            key.pollEvents();
            key.reset();
        }
    }

    private void register() {
        Path wanted = folder();
        WatchKey present = folder;
        if (present != null && present.isValid() && wanted.equals(watched)) {
            return;
        }
        if (present != null) {
            present.cancel();
        }
        try {
            folder = wanted.register(watch, StandardWatchEventKinds.ENTRY_CREATE, StandardWatchEventKinds.ENTRY_MODIFY,
                    StandardWatchEventKinds.ENTRY_DELETE);
            watched = wanted;
        } catch (IOException e) {
            folder = null; // it has gone in this moment; the next look finds another one
        }
    }

    /** {@return the folder with the jar; while there is none, the one in which it will appear} */
    private Path folder() {
        Path target = Files.isDirectory(given) ? given.resolve("target") : given.getParent();
        return Files.isDirectory(target) ? target : given;
    }

    /** {@return the time of the jar's last change, once there has been none for a moment} */
    private Optional<FileTime> settled() throws InterruptedException {
        Optional<FileTime> before = time();
        while (true) {
            WatchKey key = watch.poll(STILL.toMillis(), TimeUnit.MILLISECONDS);
            drain(key);
            Optional<FileTime> now = time();
            if (key == null && now.equals(before)) {
                return now;
            }
            before = now;
        }
    }

    private Optional<FileTime> time() {
        return file().flatMap(JarWatch::time);
    }

    private static Optional<FileTime> time(Path file) {
        try {
            return Optional.of(Files.getLastModifiedTime(file));
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    /** {@return the jar: the newest one in a project's target that is no attachment} */
    private Optional<Path> file() {
        if (!Files.isDirectory(given)) {
            return Optional.of(given).filter(Files::isRegularFile);
        }
        try (Stream<Path> files = Files.list(given.resolve("target"))) {
            return files.filter(file -> isMain(file.getFileName().toString()))
                    .max(Comparator.comparing(file -> time(file).orElse(FileTime.fromMillis(0))));
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    private static boolean isMain(String name) {
        return name.endsWith(".jar") && !name.matches(".*-(sources|javadoc|tests|test-sources)\\.jar|original-.*");
    }

    /** Ends watching; who waits is not woken. */
    @Override
    public void close() {
        try {
            watch.close();
        } catch (IOException e) {
            throw new HsmException(Errno.EIO, "dev", "watching does not end: " + e.getMessage(), e);
        }
    }
}
