package org.cupule.virtio;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import org.cupule.pci.BarSpec;
import org.cupule.pci.PciFunctionSpec;
import org.cupule.pci.PciFunctionSpec.Capability;
import org.cupule.pci.PciFunctionSpec.MsixTable;

/**
 * What a virtio device shows in configuration space, and where its structures lie.
 *
 * <pre>
 * BAR 0, memory, 64 bits, 16 KiB            BAR 2, memory, 4 KiB
 * 0x0000  common configuration              0x000  MSI-X table: queues + 1 vectors
 * 0x1000  ISR status                        0x800  pending bits
 * 0x2000  configuration of the device
 * 0x3000  notifications, 4 bytes a queue
 *
 * a capability of vendor 0x1AF4
 * +00 id (09)   +01 next   +02 length   +03 which structure   +04 BAR   +05 to 07: 0
 * +08 offset in the BAR    +0C length in the BAR
 * +10 notifications: bytes a queue; configuration access: the window (see ConfigWindow)
 * </pre>
 *
 * <p>
 * Source: VIRTIO 1.2, sections 4.1.2 "PCI Device Discovery" and 4.1.4 "Virtio Structure PCI Capabilities".
 *
 * @threading any thread: functions without state
 */
public final class VirtioSpec {
    static final int REGISTERS_BAR = 0;
    static final int REGISTERS_BYTES = 0x4000;
    static final int COMMON = 0x0000;
    static final int COMMON_BYTES = 0x38;
    static final int ISR = 0x1000;
    static final int CONFIG = 0x2000;
    static final int NOTIFY = 0x3000;
    static final int AREA_BYTES = 0x1000;
    static final int NOTIFY_STRIDE = 4;

    private static final int VENDOR = 0x1AF4;
    private static final int FIRST_DEVICE = 0x1040;
    private static final int FIRST_SUBSYSTEM = 0x40;
    private static final int REVISION = 1;
    private static final int INTA = 1;
    private static final int MSIX_BAR = 2;
    private static final int MSIX_BYTES = 0x1000;
    private static final int MSIX_PENDING = 0x800;
    private static final int VENDOR_CAPABILITY = 0x09;
    private static final int STRUCTURE_BYTES = 16;

    private static final int TYPE_COMMON = 1;
    private static final int TYPE_NOTIFY = 2;
    private static final int TYPE_ISR = 3;
    private static final int TYPE_CONFIG = 4;
    private static final int TYPE_WINDOW = 5;

    private VirtioSpec() {
    }

    /**
     * {@return the PCI function of a device}
     *
     * @param type
     *            the virtio device type: 1 network, 2 block, 3 console, 4 entropy
     * @param classCode
     *            PCI class, subclass and programming interface
     * @param queues
     *            how many queues it has
     */
    public static PciFunctionSpec function(int type, int classCode, int queues) {
        return new PciFunctionSpec(VENDOR, FIRST_DEVICE + type, classCode, REVISION, VENDOR, FIRST_SUBSYSTEM + type,
                List.of(new BarSpec(REGISTERS_BAR, BarSpec.Kind.MEMORY64, REGISTERS_BYTES),
                        new BarSpec(MSIX_BAR, BarSpec.Kind.MEMORY32, MSIX_BYTES)),
                0, INTA,
                List.of(structure(TYPE_COMMON, COMMON, COMMON_BYTES), notifications(queues),
                        structure(TYPE_ISR, ISR, 1), structure(TYPE_CONFIG, CONFIG, AREA_BYTES),
                        new Capability(VENDOR_CAPABILITY, body(TYPE_WINDOW, 0, 0, 4).array(), true)))
                .with(new MsixTable(queues + 1, MSIX_BAR, 0, MSIX_PENDING));
    }

    private static Capability structure(int type, int offset, int lengthBytes) {
        return new Capability(VENDOR_CAPABILITY, body(type, offset, lengthBytes, 0).array());
    }

    private static Capability notifications(int queues) {
        ByteBuffer body = body(TYPE_NOTIFY, NOTIFY, NOTIFY_STRIDE * queues, 4);
        body.putInt(STRUCTURE_BYTES - 2, NOTIFY_STRIDE);
        return new Capability(VENDOR_CAPABILITY, body.array());
    }

    /** {@return what is behind the id and the next pointer} */
    private static ByteBuffer body(int type, int offset, int lengthBytes, int more) {
        var body = ByteBuffer.allocate(STRUCTURE_BYTES - 2 + more).order(ByteOrder.LITTLE_ENDIAN);
        body.put(0, (byte) (STRUCTURE_BYTES + more)).put(1, (byte) type).put(2, (byte) REGISTERS_BAR);
        return body.putInt(6, offset).putInt(10, lengthBytes);
    }
}
