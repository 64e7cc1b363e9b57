package org.cupule.abi;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.StructLayout;

/**
 * The layouts of {@code struct acrn_io_request} and of what it is made of ({@code hsm.md} 7.2). The view over them is
 * {@link IoRequestPage}, since requests live in its slots only.
 *
 * @threading immutable
 */
public final class AcrnIoRequest {
    /** A request for memory. */
    public static final StructLayout MMIO = C.struct("acrn_mmio_request", C.u32("direction"), C.u32("reserved"),
            C.u64("address"), C.u64("size"), C.u64("value"));

    /** A request for a port. */
    public static final StructLayout PIO = C.struct("acrn_pio_request", C.u32("direction"), C.u32("reserved"),
            C.u64("address"), C.u64("size"), C.u32("value"));

    /** A request for PCI configuration space. */
    public static final StructLayout PCI = C.struct("acrn_pci_request", C.u32("direction"),
            C.array("reserved", 3, C.U32), C.u64("size"), C.u32("value"), C.u32("bus"), C.u32("dev"), C.u32("func"),
            C.u32("reg"));

    /** A slot: a request and its state. */
    public static final StructLayout LAYOUT = C.aligned("acrn_io_request", IoRequestPage.SLOT_BYTES, C.u32("type"),
            C.u32("completion_polling"), C.array("reserved0", 14, C.U32),
            MemoryLayout.unionLayout(PIO.withName("pio_request"), PCI.withName("pci_request"),
                    MMIO.withName("mmio_request"), C.array("data", 8, C.U64)).withName("reqs"),
            C.u32("reserved1"), C.u32("kernel_handled"), C.u32("processed"));

    /** The page of all slots: {@code struct acrn_io_request_buffer}. */
    public static final StructLayout PAGE = C.struct("acrn_io_request_buffer",
            C.union(C.array("req_slot", IoRequestPage.SLOTS, LAYOUT),
                    C.array("reserved", IoRequestPage.PAGE_BYTES, C.U8)));

    private AcrnIoRequest() {
    }
}
