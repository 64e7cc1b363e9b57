package org.cupule.machine.command;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import org.cupule.machine.description.Sizes;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.TypeConversionException;

/**
 * The options of {@code cupule run}.
 *
 * @threading confined to the command
 */
@Command(name = "cupule run", sortOptions = false, usageHelpAutoWidth = true, description = "Boots a guest and connects its serial line to this terminal or to standard input and output.", exitCodeListHeading = "%nExit status:%n", exitCodeList = {
        "0:the guest switched off", "2v+1:it wrote v to port 0xF4", "2:wrong usage",
        "4:the host failed, or the machine was destroyed", "5:triple fault", "6:time-out",
        "8:requests were lost or served twice", "10:the guest can never go on", "12:nobody reads its output any more",
        "130:ended by Ctrl-A x or SIGINT", "143:ended by SIGTERM"}, footer = {
                "", "On a terminal: Ctrl-A x ends, Ctrl-A c opens the shell, Ctrl-A Ctrl-A sends Ctrl-A."})
final class RunOptions {
    private static final int TRACED = 8;
    private static final int TRACED_TO_FILE = 4096;

    @Parameters(arity = "0..1", paramLabel = "IMAGE", description = "A Linux (bzImage or vmlinux), multiboot, ELF, flat or firmware image, or a VM file (JSON); "
            + "without one, the built-in demonstration.")
    @Nullable
    Path image;

    @Option(names = "--kernel", paramLabel = "FILE", description = "The same as IMAGE.")
    @Nullable
    Path kernel;

    @Option(names = "--restore", paramLabel = "FILE", description = "Goes on with a machine that was saved to this file (hsm:snapshot save), instead of booting one.")
    @Nullable
    Path restore;

    @Mixin
    MachineOptions machine = new MachineOptions();

    @Option(names = "--timeout", paramLabel = "TIME", converter = Time.class, description = "Ends the run after this host time with status 6: 500ms, 60s, 5m.")
    @Nullable
    Duration timeout;

    @Option(names = "--trace", arity = "0..1", fallbackValue = "64", paramLabel = "N|FILE", description = "At the end, writes the last N (64) I/O requests to standard error; or, to a file, the last 4096 with registers and code of each processor.")
    @Nullable
    String trace;

    @Option(names = "--symbols", paramLabel = "FILE", description = "The guest's System.map: what is told of its processors names functions.")
    @Nullable
    Path symbols;

    @Option(names = {"-h", "--help"}, usageHelp = true, description = "Shows this help.")
    boolean help;

    /** {@return the image, however it was given} */
    @Nullable
    Path file() {
        return image != null ? image : kernel;
    }

    /** {@return the file that the trace is written to} */
    Optional<Path> traceFile() {
        return trace == null || trace.matches("\\d+") ? Optional.empty() : Optional.of(Path.of(trace));
    }

    /** {@return how many I/O requests are kept} */
    int traced() {
        String text = trace;
        if (text == null) {
            return TRACED;
        }
        return text.matches("\\d{1,5}") ? Math.max(1, Integer.parseInt(text)) : TRACED_TO_FILE;
    }

    /** {@return whether anything is said about a machine that is to be made} */
    boolean describes() {
        return file() != null || machine.describe();
    }

    static final class Time implements ITypeConverter<Duration> {
        @Override
        public Duration convert(String text) {
            Duration time = Sizes.time(text);
            if (time.isZero()) {
                throw new TypeConversionException("'" + text + "' is no time; write for example 500ms, 60s or 5m");
            }
            return time;
        }
    }
}
