package org.cupule.pci;

import java.util.List;
import java.util.Optional;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;

/**
 * What a PCI function shows in its configuration space.
 *
 * @param vendor
 *            vendor id, 16 bits
 * @param device
 *            device id, 16 bits
 * @param classCode
 *            class, subclass and programming interface, 24 bits
 * @param revision
 *            revision id, 8 bits
 * @param subsystemVendor
 *            subsystem vendor id, 16 bits
 * @param subsystem
 *            subsystem id, 16 bits
 * @param bars
 *            its base address registers, indices apart
 * @param msiVectors
 *            how many MSI messages it can send: 0 (no MSI capability), 1, 2, 4, 8, 16 or 32
 * @param intxPin
 *            0 none, 1 to 4 for INTA# to INTD#
 * @param capabilities
 *            further capabilities, in the order of the list
 * @param msix
 *            where its MSI-X table lies, if it has that capability
 * @threading immutable
 */
public record PciFunctionSpec(int vendor, int device, int classCode, int revision, int subsystemVendor, int subsystem,
        List<BarSpec> bars, int msiVectors, int intxPin, List<Capability> capabilities, Optional<MsixTable> msix) {
    /**
     * A read-only or device-defined capability.
     *
     * @param id
     *            the capability's id
     * @param body
     *            what follows the id and the next pointer; at most 60 bytes
     * @param live
     *            whether the device itself answers accesses from byte 4 of the capability on ({@code PciRegisters} in
     *            {@code org.cupule.device}); else all of it is read-only
     * @threading immutable: the array must not be changed
     */
    public record Capability(int id, byte[] body, boolean live) {
        /** Makes a read-only capability. */
        public Capability(int id, byte[] body) {
            this(id, body, false);
        }
    }

    /**
     * Where the MSI-X table and its pending bits lie: both in one base address register of memory. The bus answers
     * accesses to them; the device is not asked there.
     *
     * @param vectors
     *            how many messages: 1 to 2048
     * @param bar
     *            index of the base address register
     * @param table
     *            offset of the table in it, a multiple of 8: 16 bytes each vector
     * @param pending
     *            offset of the pending bits in it, a multiple of 8: 8 bytes each 64 vectors
     * @threading immutable
     */
    public record MsixTable(int vectors, int bar, long table, long pending) {
        private static final int MOST_VECTORS = 2048;

        /** Refuses what no hardware could have, with EINVAL. */
        public MsixTable {
            boolean apart = table + 16L * vectors <= pending || pending + pendingBytes(vectors) <= table;
            if (vectors < 1 || vectors > MOST_VECTORS || (table & 7) != 0 || (pending & 7) != 0 || table < 0
                    || pending < 0 || !apart) {
                throw new HsmException(Errno.EINVAL, "pci",
                        "MSI-X table of %d vectors at 0x%x, pending bits at 0x%x: 1 to 2048 vectors can be, at multiples of 8, apart"
                                .formatted(vectors, table, pending));
            }
        }

        /** {@return whether the bus answers an access that begins here} */
        public boolean covers(int register, long offset) {
            return register == bar && (offset >= table && offset < table + 16L * vectors
                    || offset >= pending && offset < pending + pendingBytes(vectors));
        }

        /** {@return how many bytes so many pending bits take} */
        public static int pendingBytes(int vectors) {
            return (vectors + 63) / 64 * 8;
        }

        /** {@return the first offset behind both} */
        long end() {
            return Math.max(table + 16L * vectors, pending + pendingBytes(vectors));
        }
    }

    /** Makes a function without MSI-X. */
    public PciFunctionSpec(int vendor, int device, int classCode, int revision, int subsystemVendor, int subsystem,
            List<BarSpec> bars, int msiVectors, int intxPin, List<Capability> capabilities) {
        this(vendor, device, classCode, revision, subsystemVendor, subsystem, bars, msiVectors, intxPin, capabilities,
                Optional.empty());
    }

    /** Refuses what no hardware could have, with EINVAL. */
    public PciFunctionSpec {
        bars = List.copyOf(bars);
        capabilities = List.copyOf(capabilities);
        if (((vendor | device | subsystemVendor | subsystem) & ~0xFFFF) != 0 || (classCode & ~0xFF_FFFF) != 0
                || (revision & ~0xFF) != 0 || intxPin < 0 || intxPin > 4 || msiVectors < 0 || msiVectors > 32
                || Integer.bitCount(msiVectors) > 1) {
            throw new HsmException(Errno.EINVAL, "pci",
                    "function %04x:%04x class %06x: a field is out of its range".formatted(vendor, device, classCode));
        }
        int used = 0;
        for (BarSpec bar : bars) {
            int mask = (bar.kind().wide() ? 3 : 1) << bar.index();
            if ((used & mask) != 0) {
                throw new HsmException(Errno.EINVAL, "pci",
                        "function %04x:%04x: BAR %d is used twice".formatted(vendor, device, bar.index()));
            }
            used |= mask;
        }
        if (msix.isPresent()) {
            requireRoom(msix.get(), bars);
        }
    }

    private static void requireRoom(MsixTable table, List<BarSpec> bars) {
        if (bars.stream().noneMatch(bar -> bar.index() == table.bar() && bar.kind() != BarSpec.Kind.PORTIO
                && table.end() <= bar.lengthBytes())) {
            throw new HsmException(Errno.EINVAL, "pci",
                    "the MSI-X table ends at 0x%x of BAR %d: it needs so long a BAR of memory".formatted(table.end(),
                            table.bar()));
        }
    }

    /** {@return how many messages the function can send at most, MSI or MSI-X} */
    public int messages() {
        return Math.max(msiVectors, msix.map(MsixTable::vectors).orElse(0));
    }

    /** {@return the same with MSI-X} */
    public PciFunctionSpec with(MsixTable table) {
        return new PciFunctionSpec(vendor, device, classCode, revision, subsystemVendor, subsystem, bars, msiVectors,
                intxPin, capabilities, Optional.of(table));
    }

    /** {@return a function with one MSI message and INTA#, and no further capabilities} */
    public static PciFunctionSpec simple(int vendor, int device, int classCode, int revision, BarSpec... bars) {
        return new PciFunctionSpec(vendor, device, classCode, revision, vendor, device, List.of(bars), 1, 1, List.of());
    }
}
