package org.cupule.hsm.linux;

import java.io.IOException;
import java.lang.module.ModuleDescriptor.Version;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;

/**
 * Debian's kernel for clouds and its busybox, fetched by {@code apt-get download}, which needs no privileges, and
 * unpacked into a folder where they stay.
 *
 * <pre>
 *  CACHE/linux-image-6.1.0-56-cloud-amd64/   what the package holds: boot/vmlinuz-*, lib/modules/*
 *  CACHE/busybox-static/                     bin/busybox
 * </pre>
 *
 * @threading confined to the command; several processes may use one folder
 */
final class DebianPackages {
    private static final String KERNEL = "linux-image-cloud-amd64";
    private static final String BUSYBOX = "busybox-static";
    private static final String IMAGE = "linux-image-";
    private static final String VERSION = "\\d[\\w.+-]*-cloud-amd64";
    private static final Pattern REAL_KERNEL = Pattern.compile("Depends: (" + IMAGE + VERSION + ")");
    private static final String OWN = "give your own: --kernel FILE --initrd FILE";

    private final Path cache;
    private final Consumer<String> progress;
    private final Download download;

    /** Puts the archive of a package into a folder. */
    interface Download {
        void into(Path folder, String name, Consumer<String> progress);
    }

    /**
     * Uses a folder.
     *
     * @param cache
     *            made when it is not there
     * @param progress
     *            hears what is done, a sentence each
     */
    DebianPackages(Path cache, Consumer<String> progress) {
        this(cache, progress, DebianPackages::byApt);
    }

    DebianPackages(Path cache, Consumer<String> progress, Download download) {
        this.cache = cache;
        this.progress = progress;
        this.download = download;
    }

    /**
     * Where things lie.
     *
     * @param image
     *            the kernel's bzImage
     * @param modules
     *            the folder of its modules
     */
    record Kernel(Path image, Path modules) {
    }

    /**
     * Finds the kernel, and fetches it when there is none.
     *
     * @param refresh
     *            asks for the newest one, whatever is there
     */
    Kernel kernel(boolean refresh) throws IOException {
        Path folder = newest().filter(_ -> !refresh).orElse(null);
        if (folder == null) {
            folder = fetch(realKernel());
        }
        Path image = only(folder.resolve("boot"), "vmlinuz-");
        return new Kernel(image, only(folder.resolve("lib/modules"), ""));
    }

    /** Finds busybox, and fetches it when it is not there. */
    Path busybox(boolean refresh) throws IOException {
        Path folder = cache.resolve(BUSYBOX);
        if (refresh || !Files.isDirectory(folder)) {
            folder = fetch(BUSYBOX);
        }
        Path merged = folder.resolve("usr/bin/busybox");
        return Files.exists(merged) ? merged : folder.resolve("bin/busybox");
    }

    private Optional<Path> newest() throws IOException {
        if (!Files.isDirectory(cache)) {
            return Optional.empty();
        }
        try (Stream<Path> found = Files.list(cache)) {
            return found.filter(folder -> folder.getFileName().toString().matches(IMAGE + VERSION))
                    .max(Comparator.comparing(DebianPackages::version));
        }
    }

    private static Version version(Path kernel) {
        return Version.parse(kernel.getFileName().toString().substring(IMAGE.length()));
    }

    private static Path only(Path folder, String prefix) throws IOException {
        try (Stream<Path> found = Files.list(folder)) {
            return found.filter(file -> file.getFileName().toString().startsWith(prefix)).findFirst()
                    .orElseThrow(() -> new HsmException(Errno.ENOENT, "kernel",
                            "there is no %s* in %s; remove that folder and try again".formatted(prefix, folder)));
        }
    }

    /** The package of that name is empty and depends on the one of the newest version. */
    private String realKernel() throws IOException {
        requireApt();
        Files.createDirectories(cache);
        Matcher found = REAL_KERNEL.matcher(Programs.run(cache, List.of("apt-cache", "depends", KERNEL)));
        if (!found.find()) {
            throw new HsmException(Errno.ENOENT, "kernel", "apt knows no package " + KERNEL
                    + "; have root run 'apt-get update' first, or " + OWN);
        }
        return found.group(1);
    }

    private static void requireApt() {
        for (String program : List.of("apt-get", "apt-cache", "dpkg-deb")) {
            if (!Programs.present(program)) {
                throw new HsmException(Errno.ENOENT, "kernel", "there is no " + program
                        + " here to fetch Debian's kernel with; " + OWN);
            }
        }
    }

    /** Unpacks beside, then renames: what is in its place is whole. */
    private Path fetch(String name) throws IOException {
        Files.createDirectories(cache);
        Path work = Files.createTempDirectory(cache, ".fetch");
        try {
            progress.accept("fetching " + name);
            download(work, name);
            Path archive = only(work, name);
            progress.accept("unpacking %s (%d KiB)".formatted(name, Files.size(archive) >> 10));
            Path tree = work.resolve("tree");
            Programs.run(work, List.of("dpkg-deb", "-x", archive.toString(), tree.toString()));
            return put(tree, cache.resolve(name));
        } finally {
            delete(work);
        }
    }

    private void download(Path folder, String name) {
        try {
            download.into(folder, name, progress);
        } catch (HsmException e) {
            throw e.errno() != Errno.EIO
                    ? e
                    : new HsmException(Errno.EIO, "kernel",
                            "%s cannot be fetched; is there a network, and has root run 'apt-get update'? Without, %s (%s)"
                                    .formatted(name, OWN, e.getMessage()),
                            e);
        }
    }

    private static void byApt(Path folder, String name, Consumer<String> progress) {
        requireApt();
        Programs.run(folder, List.of("apt-get", "download", name),
                () -> progress.accept("still fetching %s: %d KiB".formatted(name, bytes(folder) >> 10)));
    }

    /** {@return how much lies in a folder} */
    private static long bytes(Path folder) {
        try (Stream<Path> files = Files.list(folder)) {
            return files.mapToLong(file -> file.toFile().length()).sum();
        } catch (IOException e) {
            return 0; // it is told again in a moment
        }
    }

    private Path put(Path tree, Path place) throws IOException {
        if (Files.isDirectory(place)) {
            delete(place);
        }
        try {
            return Files.move(tree, place, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            if (Files.isDirectory(place)) {
                return place; // another process was faster
            }
            throw e;
        }
    }

    private static void delete(Path tree) throws IOException {
        try (Stream<Path> all = Files.walk(tree)) {
            for (Path file : all.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        }
    }
}
