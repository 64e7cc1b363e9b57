package org.cupule.machine.command;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.cupule.machine.description.Sizes;
import org.cupule.types.Behaviour;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
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

    @Option(names = "--memory", paramLabel = "SIZE", converter = Bytes.class, description = "Guest RAM, for example 64M.")
    @Nullable
    Long memoryBytes;

    @Option(names = "--cpus", paramLabel = "N", description = "Number of processors, 1 to 16.")
    @Nullable
    Integer cpus;

    @Option(names = "--append", paramLabel = "TEXT", description = "Command line for the guest.")
    @Nullable
    String append;

    @Option(names = {"--module",
            "--initrd"}, paramLabel = "FILE", description = "A module of a multiboot or PVH image, or the initial RAM disk; text after a blank is a module's string. "
                    + "Can be repeated.")
    List<String> modules = new ArrayList<>();

    @Option(names = "--disk", paramLabel = "FILE[:ro]", converter = Disk.class, description = "A disk (virtio-blk) of this raw image; with :ro it is not written. Can be repeated.")
    List<String> disks = new ArrayList<>();

    @Option(names = "--net", arity = "0..1", fallbackValue = "", paramLabel = "RULES", description = "A network card (virtio-net) in a network of its own: tcp-out=8080 lets the guest reach "
            + "port 8080 of this host as 10.0.2.2:8080, tcp-in=2222:22 brings port 2222 of this host to the guest's 22; udp-out and udp-in alike; commas between.")
    @Nullable
    String network;

    @Option(names = "--device", paramLabel = "TYPE[,OPTION=VALUE...]", description = "One more device, for example virtio-rng or virtio-console,name=hvc0,backend=file:log.txt. Can be repeated.")
    List<String> devices = new ArrayList<>();

    @Option(names = "--hypervisor", paramLabel = "NAME", description = "Which hypervisor to run it on.")
    @Nullable
    String hypervisor;

    @Option(names = "--behaviour", paramLabel = "x86|acrn", converter = Rules.class, description = "Whose rules hold where ACRN differs from hardware: x86, or acrn, which the hypervisor acrn needs.")
    @Nullable
    Behaviour behaviour;

    @Option(names = "--timeout", paramLabel = "TIME", converter = Time.class, description = "Ends the run after this host time with status 6: 500ms, 60s, 5m.")
    @Nullable
    Duration timeout;

    @Option(names = "--deterministic", description = "VM time is a function of retired instructions.")
    boolean deterministic;

    @Option(names = "--service-vm", description = "The guest may make VMs by hypercalls, as ACRN's Service VM.")
    boolean serviceVm;

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
        return file() != null || memoryBytes != null || cpus != null || append != null || !modules.isEmpty()
                || !disks.isEmpty() || network != null || !devices.isEmpty() || hypervisor != null || behaviour != null
                || deterministic || serviceVm;
    }

    static final class Bytes implements ITypeConverter<Long> {
        @Override
        public Long convert(String text) {
            OptionalLong bytes = Sizes.bytes(text);
            if (bytes.isEmpty()) {
                throw new TypeConversionException("'" + text + "' is no size; write for example 64M or 0x4000000");
            }
            return bytes.getAsLong();
        }
    }

    /** Refuses an image that is not there before anything is fetched or made for a machine. */
    static final class Disk implements ITypeConverter<String> {
        @Override
        public String convert(String text) {
            AddedDevices.imageFault(text).ifPresent(fault -> {
                throw new TypeConversionException("'" + text + "': " + fault);
            });
            return text;
        }
    }

    static final class Rules implements ITypeConverter<Behaviour> {
        @Override
        public Behaviour convert(String text) {
            return switch (text) {
                case "x86" -> Behaviour.X86;
                case "acrn" -> Behaviour.ACRN;
                default -> throw new TypeConversionException("'" + text + "' is neither x86 nor acrn");
            };
        }
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
