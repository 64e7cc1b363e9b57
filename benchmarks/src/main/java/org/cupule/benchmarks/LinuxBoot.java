package org.cupule.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A stock Linux from the start of the process to user space and off again: on this platform and on QEMU, the same
 * kernel, RAM disk, command line, memory and number of processors. The RAM disk's script does nothing.
 *
 * @threading one thread
 */
final class LinuxBoot implements AutoCloseable {
    private static final Pattern FILES = Pattern.compile("--kernel (\\S+) --initrd (\\S+) --append '([^']*)'");
    private static final String MEMORY = "256M";
    private static final String PATIENCE = "600";

    private final Path root;
    private final Path initrd;
    private final Optional<Matcher> files;

    /** Has the RAM disk made; the packages are fetched when they are not there. */
    LinuxBoot(Path root) throws IOException {
        this.root = root;
        this.initrd = Files.createTempFile("initrd", ".cpio");
        this.files = files(launcher("linux", "--make-initrd", initrd.toString(), "--append", "quiet", "--", "true"));
    }

    private static Optional<Matcher> files(List<String> command) {
        try {
            Process process = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
            Matcher found = FILES.matcher(new String(process.getInputStream().readAllBytes()));
            return found.find() ? Optional.of(found) : Optional.empty();
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    /** {@return what is not there; empty when nothing is missing} */
    String missing() {
        return files.isPresent() ? "" : "Debian's packages of Linux and busybox";
    }

    private List<String> launcher(String... words) {
        var command = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "@" + root.resolve("cnf/jvm.options"), "-jar",
                root.resolve("launcher/target/cupule-1.0.0-SNAPSHOT.jar").toString()));
        command.addAll(List.of(words));
        return command;
    }

    /** {@return nanoseconds on this platform} */
    double ours() {
        Matcher found = files.orElseThrow();
        return nanos(launcher("run", "--kernel", found.group(1), "--initrd", found.group(2), "--append",
                found.group(3), "--memory", MEMORY, "--timeout", PATIENCE + "s"));
    }

    /** {@return nanoseconds on QEMU} */
    double qemu() {
        Matcher found = files.orElseThrow();
        return nanos(
                List.of("timeout", PATIENCE, "qemu-system-x86_64", "-accel", "tcg", "-m", MEMORY, "-display", "none",
                        "-monitor", "none", "-serial", "stdio", "-nic", "none", "-no-reboot", "-kernel", found.group(1),
                        "-initrd", found.group(2), "-append", found.group(3)));
    }

    private static double nanos(List<String> command) {
        long before = System.nanoTime();
        Yardsticks.run(command, 0);
        return System.nanoTime() - before;
    }

    @Override
    public void close() throws IOException {
        Files.delete(initrd);
    }
}
