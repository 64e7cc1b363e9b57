package org.cupule.machine.command;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import org.cupule.machine.description.Sizes;
import org.cupule.types.Behaviour;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/**
 * What the command line says about a machine, of {@code cupule run} and {@code cupule dev}.
 *
 * @threading confined to the command
 */
final class MachineOptions {
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

    @Option(names = "--deterministic", description = "VM time is a function of retired instructions.")
    boolean deterministic;

    @Option(names = "--service-vm", description = "The guest may make VMs by hypercalls, as ACRN's Service VM.")
    boolean serviceVm;

    /** {@return whether anything is said} */
    boolean describe() {
        return memoryBytes != null || cpus != null || append != null || !modules.isEmpty() || !disks.isEmpty()
                || network != null || !devices.isEmpty() || hypervisor != null || behaviour != null || deterministic
                || serviceVm;
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
}
