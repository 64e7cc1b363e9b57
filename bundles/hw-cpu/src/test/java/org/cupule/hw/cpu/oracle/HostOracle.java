package org.cupule.hw.cpu.oracle;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Runs samples on the host's processor, through a small program that gcc makes of {@code oracle.c}. */
final class HostOracle {
    private static final int REQUEST_BYTES = 1288;
    private static final int STATE_BYTES = 688;
    private static final int CODE_BYTES = 512;
    private static final int POKE_BYTES = 64;
    /** In the state of a record: the order of the selectors, by their numbers. */
    private static final int[] SELECTOR_ORDER = {UserState.CS, UserState.SS, UserState.DS, UserState.ES, UserState.FS,
            UserState.GS};

    private final Path folder;
    private final Path program;

    private HostOracle(Path folder, Path program) {
        this.folder = folder;
        this.program = program;
    }

    /**
     * Compiles the program.
     *
     * @param source
     *            {@code oracle.c}
     * @param folder
     *            a folder for it and for its input and output
     */
    static HostOracle compile(Path source, Path folder) {
        Path program = folder.resolve("oracle");
        execute(List.of("gcc", "-Wall", "-Wextra", "-Werror", "-O1", "-fpie", "-ffreestanding", "-mgeneral-regs-only",
                "-fno-stack-protector", "-fcf-protection=none", "-nostdlib", "-static",
                "-Wl,-Ttext-segment=0x600000000000", "-o", program.toString(), source.toString()), folder, null, null);
        return new HostOracle(folder, program);
    }

    /** {@return why this host cannot be asked, or an empty text} */
    static String missing() {
        if (!System.getProperty("os.name").equals("Linux") || !System.getProperty("os.arch").equals("amd64")) {
            return "the host is not Linux on x86-64";
        }
        try {
            return new ProcessBuilder("gcc", "--version").redirectOutput(ProcessBuilder.Redirect.DISCARD).start()
                    .waitFor() == 0 ? "" : "gcc does not work";
        } catch (IOException e) {
            return "gcc is not installed";
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return "interrupted";
        }
    }

    /** {@return the outcomes of the samples, in their order} */
    List<Outcome> run(byte[] image, List<Sample> samples) {
        try {
            ByteBuffer requests = ByteBuffer.allocate(image.length + samples.size() * REQUEST_BYTES)
                    .order(ByteOrder.LITTLE_ENDIAN);
            requests.put(image);
            samples.forEach(sample -> putRequest(requests, sample));
            Files.write(folder.resolve("requests"), requests.array());
            execute(List.of(program.toString()), folder, folder.resolve("requests"), folder.resolve("answers"));
            ByteBuffer answers = ByteBuffer.wrap(Files.readAllBytes(folder.resolve("answers")))
                    .order(ByteOrder.LITTLE_ENDIAN);
            var outcomes = new ArrayList<Outcome>();
            samples.forEach(_ -> outcomes.add(outcome(answers)));
            return outcomes;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void putRequest(ByteBuffer out, Sample sample) {
        int start = out.position();
        UserState state = sample.state();
        for (long value : state.gpr) {
            out.putLong(value);
        }
        out.putLong(state.rip).putLong(state.rflags).putLong(state.fsBase).putLong(state.gsBase);
        for (int number : SELECTOR_ORDER) {
            out.putShort((short) state.selector[number]);
        }
        out.putInt(0).put(state.fx.image());
        out.position(start + STATE_BYTES);
        out.putShort((short) sample.code().length).putShort((short) sample.poke().length).putInt(0);
        out.putLong(sample.codeAt()).putLong(sample.pokeAt());
        int code = out.position();
        out.put(sample.code()).position(code + CODE_BYTES);
        out.put(sample.poke()).position(code + CODE_BYTES + POKE_BYTES);
    }

    private static Outcome outcome(ByteBuffer in) {
        int start = in.position();
        var state = new UserState();
        for (int i = 0; i < 16; i++) {
            state.gpr[i] = in.getLong();
        }
        state.rip = in.getLong();
        state.rflags = in.getLong();
        state.fsBase = in.getLong();
        state.gsBase = in.getLong();
        for (int number : SELECTOR_ORDER) {
            state.selector[number] = in.getShort() & 0xFFFF;
        }
        in.getInt();
        in.get(state.fx.image());
        in.position(start + STATE_BYTES);
        boolean ended = in.getInt() == 0; // neither timed out nor foreign
        in.getInt();
        long cr2 = in.getLong();
        int trap = in.getInt();
        int error = in.getInt();
        int[] changes = new int[(int) in.getLong()];
        for (int i = 0; i < changes.length; i++) {
            changes[i] = (in.getShort() & 0xFFFF) << 8 | in.get() & 0xFF;
            in.get();
        }
        return new Outcome(state, trap, error, trap == 14 ? cr2 : 0, ended, changes);
    }

    private static void execute(List<String> command, Path folder, @Nullable Path input, @Nullable Path output) {
        try {
            var builder = new ProcessBuilder(command).directory(folder.toFile())
                    .redirectError(ProcessBuilder.Redirect.INHERIT);
            if (input != null && output != null) {
                builder.redirectInput(input.toFile()).redirectOutput(output.toFile());
            }
            Process process = builder.start();
            if (!process.waitFor(5, TimeUnit.MINUTES) || process.exitValue() != 0) {
                process.destroyForcibly();
                throw new IllegalStateException(command.getFirst() + " failed");
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }
}
