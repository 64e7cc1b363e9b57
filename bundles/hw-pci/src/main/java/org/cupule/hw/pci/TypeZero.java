package org.cupule.hw.pci;

import java.util.List;
import java.util.OptionalInt;
import org.cupule.pci.BarSpec;
import org.cupule.pci.BarSpec.Kind;
import org.cupule.pci.PciFunctionSpec;
import org.cupule.pci.PciFunctionSpec.Capability;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;

/**
 * The type 0 header and the capabilities behind it.
 *
 * <pre>
 *      31            16 15             0
 * 00  |   device id    |   vendor id    |
 * 04  |    status      |    command     |
 * 08  |       class code       |  rev.  |
 * 0C  | BIST  | header | latency| c.line|
 * 10  |   base address registers 0..5   |  to 27
 * 28  |        CardBus CIS (0)          |
 * 2C  | subsystem id   | subsys. vendor |
 * 30  |        expansion ROM (0)        |
 * 34  |        reserved        | c.ptr  |
 * 3C  | lat.  | grant  |  pin   |  line |
 * 40  |         capabilities            |
 * </pre>
 *
 * <p>
 * Source: PCI Local Bus Specification 3.0, sections 6.1, 6.2, 6.7 and 6.8.1.
 *
 * @threading any thread: functions without state
 */
final class TypeZero {
    static final int COMMAND = 0x04;
    static final int STATUS = 0x06;
    static final int HEADER_TYPE = 0x0E;
    static final int BARS = 0x10;
    static final int CAPABILITIES = 0x34;

    static final int DECODE_PORTS = 1 << 0;
    static final int DECODE_MEMORY = 1 << 1;
    static final int BUS_MASTER = 1 << 2;
    static final int INTX_DISABLE = 1 << 10;
    static final int INTX_STATUS = 1 << 3;
    static final int MULTI_FUNCTION = 0x80;

    private static final int PARITY_AND_SYSTEM_ERROR = 1 << 6 | 1 << 8;
    private static final int HAS_CAPABILITIES = 1 << 4;
    private static final int FIRST_CAPABILITY = 0x40;
    private static final int MSI = 0x05;
    /** "Command Register": the host bridge of a PC always decodes memory and always masters the bus. */
    private static final int BRIDGE_COMMAND = DECODE_MEMORY | BUS_MASTER;

    private TypeZero() {
    }

    /** {@return the host bridge's specification: the id by which guests know a PC without PCI Express} */
    static PciFunctionSpec hostBridge() {
        return new PciFunctionSpec(0x8086, 0x1237, 0x06_0000, 0x02, 0, 0, List.of(), 0, 0, List.of());
    }

    /** {@return a space for the host bridge, whose command bits cannot be switched off} */
    static ConfigSpace bridgeSpace() {
        ConfigSpace space = space(hostBridge());
        space.lay(COMMAND, 2, BRIDGE_COMMAND, PARITY_AND_SYSTEM_ERROR);
        return space;
    }

    /**
     * {@return a space in its power-on state}
     *
     * @throws HsmException
     *             EINVAL when the capabilities do not fit
     */
    static ConfigSpace space(PciFunctionSpec spec) {
        var space = new ConfigSpace();
        space.lay(0x00, 4, (long) spec.device() << 16 | spec.vendor(), 0);
        space.lay(COMMAND, 2, 0, commandBits(spec));
        space.lay(0x08, 4, (long) spec.classCode() << 8 | spec.revision(), 0);
        space.lay(0x0C, 4, 0, 0x0000_F8FF);
        spec.bars().forEach(bar -> layBar(space, bar));
        space.lay(0x2C, 4, (long) spec.subsystem() << 16 | spec.subsystemVendor(), 0);
        space.lay(0x3C, 4, (long) spec.intxPin() << 8, 0xFF);
        layCapabilities(space, spec);
        return space;
    }

    private static int commandBits(PciFunctionSpec spec) {
        boolean ports = spec.bars().stream().anyMatch(bar -> bar.kind() == Kind.PORTIO);
        boolean memory = spec.bars().stream().anyMatch(bar -> bar.kind() != Kind.PORTIO);
        return (ports ? DECODE_PORTS : 0) | (memory ? DECODE_MEMORY : 0) | BUS_MASTER | PARITY_AND_SYSTEM_ERROR
                | INTX_DISABLE;
    }

    private static void layBar(ConfigSpace space, BarSpec bar) {
        int flags = switch (bar.kind()) {
            case PORTIO -> 0x1;
            case MEMORY32 -> 0x0;
            case MEMORY64 -> 0x4;
            case MEMORY64_PREFETCHABLE -> 0xC;
        };
        space.lay(BARS + 4 * bar.index(), bar.kind().wide() ? 8 : 4, flags, -bar.lengthBytes());
    }

    /** {@return where the MSI capability is} */
    static OptionalInt msi(PciFunctionSpec spec) {
        return spec.msiVectors() == 0 ? OptionalInt.empty() : OptionalInt.of(FIRST_CAPABILITY);
    }

    /** {@return where the MSI-X capability is: behind that of MSI} */
    static OptionalInt msix(PciFunctionSpec spec) {
        int behind = FIRST_CAPABILITY + (msi(spec).isPresent() ? MsiCapability.LENGTH : 0);
        return spec.msix().isPresent() ? OptionalInt.of(behind) : OptionalInt.empty();
    }

    /** {@return where a further capability is, by its index in the spec} */
    static int further(PciFunctionSpec spec, int index) {
        int at = FIRST_CAPABILITY + (msi(spec).isPresent() ? MsiCapability.LENGTH : 0)
                + (spec.msix().isPresent() ? MsixCapability.LENGTH : 0);
        for (Capability before : spec.capabilities().subList(0, index)) {
            at += lengthOf(before);
        }
        return at;
    }

    static int lengthOf(Capability capability) {
        return capability.body().length + 2 + 3 & ~3;
    }

    private static void layCapabilities(ConfigSpace space, PciFunctionSpec spec) {
        int link = CAPABILITIES;
        int at = FIRST_CAPABILITY;
        if (msi(spec).isPresent()) {
            link = layCapability(space, link, at, new Capability(MSI, new byte[MsiCapability.LENGTH - 2]));
            MsiCapability.lay(space, at, spec.msiVectors());
            at += MsiCapability.LENGTH;
        }
        if (spec.msix().isPresent()) {
            link = layCapability(space, link, at, new Capability(MsixCapability.ID,
                    new byte[MsixCapability.LENGTH - 2]));
            MsixCapability.lay(space, at, spec.msix().get());
            at += MsixCapability.LENGTH;
        }
        for (Capability capability : spec.capabilities()) {
            link = layCapability(space, link, at, capability);
            at += lengthOf(capability);
        }
        space.lay(STATUS, 2, link == CAPABILITIES ? 0 : HAS_CAPABILITIES, 0);
    }

    /** {@return where the link to the next capability goes} */
    private static int layCapability(ConfigSpace space, int link, int at, Capability capability) {
        if (at + 2 + capability.body().length > ConfigSpace.LENGTH || capability.body().length > 60) {
            throw new HsmException(Errno.EINVAL, "pci",
                    "capability 0x%02x of %d bytes does not fit at 0x%02x: a body has at most 60, all end at 0xff"
                            .formatted(capability.id(), capability.body().length, at));
        }
        space.lay(link, 1, at, 0);
        space.lay(at, 1, capability.id(), 0);
        for (int i = 0; i < capability.body().length; i++) {
            space.lay(at + 2 + i, 1, capability.body()[i], 0);
        }
        return at + 1;
    }
}
