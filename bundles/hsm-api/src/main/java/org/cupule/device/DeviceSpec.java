package org.cupule.device;

import java.util.List;
import java.util.Optional;
import org.cupule.pci.PciFunctionSpec;

/**
 * What a device needs of the machine. Where its windows lie and which interrupt its lines drive is said by the VM file;
 * the defaults here are what a PC has.
 *
 * @param windows
 *            its windows of ports and memory; none for a PCI device, whose windows are its base address registers
 * @param lines
 *            its interrupt lines
 * @param pci
 *            what it shows in configuration space, if it is a PCI device; its INTx pin is {@link DeviceContext#line} 0
 * @param options
 *            what can be configured
 * @param backend
 *            which back-end it talks to
 * @threading immutable
 */
public record DeviceSpec(List<Window> windows, List<LineSpec> lines, Optional<PciFunctionSpec> pci,
        List<Option> options, Backend backend) {
    /** Copies the lists. */
    public DeviceSpec {
        windows = List.copyOf(windows);
        lines = List.copyOf(lines);
        options = List.copyOf(options);
    }

    /** {@return a device with these windows and nothing else} */
    public static DeviceSpec of(Window... windows) {
        return new DeviceSpec(List.of(windows), List.of(), Optional.empty(), List.of(), Backend.NONE);
    }

    /** {@return a PCI device without options} */
    public static DeviceSpec of(PciFunctionSpec pci) {
        return new DeviceSpec(List.of(), List.of(), Optional.of(pci), List.of(), Backend.NONE);
    }

    /** {@return the same with interrupt lines} */
    public DeviceSpec with(LineSpec... added) {
        return new DeviceSpec(windows, List.of(added), pci, options, backend);
    }

    /** {@return the same with options} */
    public DeviceSpec with(Option... added) {
        return new DeviceSpec(windows, lines, pci, List.of(added), backend);
    }

    /** {@return the same with a back-end} */
    public DeviceSpec with(Backend wanted) {
        return new DeviceSpec(windows, lines, pci, options, wanted);
    }

    /**
     * A window.
     *
     * @param name
     *            its name in a VM file
     * @param ports
     *            whether it is made of I/O ports; else of memory
     * @param length
     *            how many ports or bytes
     * @param standard
     *            where a PC has it; negative when there is no such place and the VM file must say it
     * @threading immutable
     */
    public record Window(String name, boolean ports, long length, long standard) {
        /** {@return a window of ports} */
        public static Window ports(String name, int count, int standard) {
            return new Window(name, true, count, standard);
        }

        /** {@return a window of memory} */
        public static Window memory(String name, long lengthBytes, long standard) {
            return new Window(name, false, lengthBytes, standard);
        }
    }

    /**
     * An interrupt line.
     *
     * @param name
     *            its name in a VM file
     * @param standard
     *            the GSI that a PC gives it; negative when the VM file must say it
     * @threading immutable
     */
    public record LineSpec(String name, int standard) {
    }

    /**
     * Something that can be configured in the VM file.
     *
     * @param name
     *            its name
     * @param standard
     *            the value when nothing is said; empty text for none
     * @param description
     *            one sentence, with the unit
     * @threading immutable
     */
    public record Option(String name, String standard, String description) {
    }

    /**
     * What a device talks to on the host's side.
     *
     * @threading immutable
     */
    public enum Backend {
        /** Nothing. */
        NONE,
        /** A stream of bytes both ways: {@link DeviceContext#stream()}. */
        STREAM,
        /** A raw image: {@link DeviceContext#disk()}. */
        DISK,
        /** Ethernet frames: {@link DeviceContext#network()}. */
        NETWORK
    }
}
