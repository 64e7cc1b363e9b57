package org.cupule.benchmarks;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;

/** What we compare with: programs of the host, run as processes. */
final class Yardsticks {
    private static final long DEADLINE_SECONDS = 120;

    private final Path folder;

    Yardsticks() throws IOException {
        folder = Files.createTempDirectory("cupule-bench");
    }

    /** {@return whether a program can be started} */
    static boolean present(String program) {
        return Arrays.stream(System.getenv("PATH").split(":"))
                .anyMatch(path -> Files.isExecutable(Path.of(path, program)));
    }

    /** Compiles the C program. @return its path */
    Path compile() throws IOException {
        Path source = folder.resolve("yardsticks.c");
        try (InputStream text = Objects.requireNonNull(Yardsticks.class.getResourceAsStream("yardsticks.c"))) {
            Files.copy(text, source);
        }
        Path program = folder.resolve("yardsticks");
        run(List.of("cc", "-O2", "-pthread", "-o", program.toString(), source.toString()), 0);
        return program;
    }

    /** Runs the C program on one CPU. @return the number that it prints: nanoseconds */
    static double nanos(Path program, String what, long rounds) {
        return Double.parseDouble(
                run(List.of("taskset", "-c", "0", program.toString(), what, Long.toString(rounds)), 0).strip());
    }

    /** Runs the guest loop under QEMU's TCG. @return nanoseconds, with QEMU's start */
    long qemu(int reads) throws IOException {
        Path rom = folder.resolve("loop.rom");
        Files.write(rom, rom(reads));
        List<String> command = List.of("qemu-system-x86_64", "-accel", "tcg", "-display", "none", "-nodefaults",
                "-bios",
                rom.toString(), "-device", "isa-debug-exit,iobase=0xf4,iosize=4");
        long before = System.nanoTime();
        run(command, -1);
        return System.nanoTime() - before;
    }

    /** {@return a ROM of 64 KiB that ends at 4 GiB: the reset vector jumps to the loop} */
    private static byte[] rom(int reads) {
        byte[] rom = new byte[1 << 16];
        byte[] code = GuestLoop.code(reads);
        System.arraycopy(code, 0, rom, 0, code.length);
        byte[] jump = {(byte) 0xEA, 0x00, 0x00, 0x00, (byte) 0xF0}; // jmp F000:0000
        System.arraycopy(jump, 0, rom, 0xFFF0, jump.length);
        return rom;
    }

    /** Runs a command. @param status the exit status that is right; negative for any @return what it printed */
    static String run(List<String> command, int status) {
        try {
            Process process = new ProcessBuilder(new ArrayList<>(command))
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start();
            String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            if (!process.waitFor(DEADLINE_SECONDS, TimeUnit.SECONDS)) {
                process.destroyForcibly();
                throw new IllegalStateException(command + " did not end");
            }
            if (status >= 0 && process.exitValue() != status) {
                throw new IllegalStateException(command + " ended with " + process.exitValue());
            }
            return output;
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        } catch (InterruptedException interrupted) {
            throw new IllegalStateException("interrupted", interrupted);
        }
    }
}
