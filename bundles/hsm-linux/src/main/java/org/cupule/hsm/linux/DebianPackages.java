package org.cupule.hsm.linux;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
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
    private static final Pattern REAL_KERNEL = Pattern.compile("Depends: (linux-image-[\\w.+-]+-cloud-amd64)");

    private final Path cache;
    private final Consumer<String> progress;

    /**
     * Uses a folder.
     *
     * @param cache
     *            made when it is not there
     * @param progress
     *            hears what is done, a sentence each
     */
    DebianPackages(Path cache, Consumer<String> progress) {
        this.cache = cache;
        this.progress = progress;
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
        Path folder = present("linux-image-").filter(_ -> !refresh).orElse(null);
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

    private Optional<Path> present(String prefix) throws IOException {
        if (!Files.isDirectory(cache)) {
            return Optional.empty();
        }
        try (Stream<Path> found = Files.list(cache)) {
            return found.filter(file -> file.getFileName().toString().startsWith(prefix)).max(Path::compareTo);
        }
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
                    + "; have root run 'apt-get update' first, or give a kernel and a RAM disk: --kernel FILE --initrd FILE");
        }
        return found.group(1);
    }

    private static void requireApt() {
        for (String program : List.of("apt-get", "apt-cache", "dpkg-deb")) {
            if (!Programs.present(program)) {
                throw new HsmException(Errno.ENOENT, "kernel", "there is no " + program
                        + " here to fetch Debian's kernel with; give your own: --kernel FILE --initrd FILE");
            }
        }
    }

    /** Unpacks beside, then renames: what is in its place is whole. */
    private Path fetch(String name) throws IOException {
        requireApt();
        Files.createDirectories(cache);
        Path work = Files.createTempDirectory(cache, ".fetch");
        try {
            progress.accept("fetching " + name);
            Programs.run(work, List.of("apt-get", "download", name));
            Path archive = only(work, name);
            progress.accept("unpacking %s (%d KiB)".formatted(name, Files.size(archive) >> 10));
            Path tree = work.resolve("tree");
            Programs.run(work, List.of("dpkg-deb", "-x", archive.toString(), tree.toString()));
            return put(tree, cache.resolve(name));
        } finally {
            delete(work);
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
            for (Path file : all.sorted(java.util.Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        }
    }
}
