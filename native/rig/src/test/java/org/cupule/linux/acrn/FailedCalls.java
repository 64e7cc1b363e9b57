package org.cupule.linux.acrn;

import static java.util.Map.entry;

import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.cupule.abi.HypercallId;

/**
 * Which hypercalls {@link FailureClaims} lets fail, and why the others cannot: the driver makes none of them
 * ({@code hsm.md} 3.2), so no command of ours leads there. {@link FailedCallsTest} compares both with all that there
 * are.
 *
 * @threading immutable
 */
final class FailedCalls {
    private static final String DEBUG = "ACRN's own debugging; mainline has no command for it";
    private static final String TRUSTY = "a call of guests with a secure world; mainline has no command for it";
    private static final String TEE = "a call of trusted execution environments; mainline has no command for it";

    /** Made for a VM that is there, by one call of its interface. */
    static final List<HypercallId> ON_A_VM = List.of(HypercallId.DESTROY_VM, HypercallId.START_VM,
            HypercallId.PAUSE_VM, HypercallId.RESET_VM, HypercallId.SET_VCPU_REGS, HypercallId.INJECT_MSI,
            HypercallId.VM_INTR_MONITOR, HypercallId.SET_IRQLINE, HypercallId.SET_MEMORY_REGIONS,
            HypercallId.SET_PTDEV_INTR, HypercallId.RESET_PTDEV_INTR, HypercallId.ASSIGN_PCIDEV,
            HypercallId.DEASSIGN_PCIDEV, HypercallId.ASSIGN_MMIODEV, HypercallId.DEASSIGN_MMIODEV,
            HypercallId.CREATE_VDEV, HypercallId.DESTROY_VDEV, HypercallId.PM_GET_CPU_STATE);

    /** Each has a test of its own. */
    static final Set<HypercallId> ALONE = Set.of(HypercallId.CREATE_VM, HypercallId.SET_IOREQ_BUFFER,
            HypercallId.NOTIFY_REQUEST_FINISH, HypercallId.OFFLINE_SERVICE_VM_CPU);

    /** Offered by ACRN, never made by Linux's driver, with the reason. */
    static final Map<HypercallId, String> NEVER_MADE = Map.ofEntries(
            entry(HypercallId.GET_API_VERSION, "mainline's driver does not ask for the version"),
            entry(HypercallId.SET_CALLBACK_VECTOR, "mainline keeps ACRN's default, 0xF3 (3.8)"),
            entry(HypercallId.CREATE_VCPU, "a call of older drivers; CREATE_VM makes the vCPUs"),
            entry(HypercallId.ASSIGN_ASYNCIO, "mainline has no command for it"),
            entry(HypercallId.DEASSIGN_ASYNCIO, "mainline has no command for it"),
            entry(HypercallId.GPA_TO_HPA, "mainline has no command for it"),
            entry(HypercallId.WRITE_PROTECT_PAGE, "mainline has no command for it"),
            entry(HypercallId.SETUP_SHARED_RING, "mainline has no command for it"));

    /** Offered by ACRN too, each known by its number alone, with the reason. */
    static final Map<Integer, String> NEVER_MADE_EITHER = Map.ofEntries(entry(0x61, DEBUG), entry(0x62, DEBUG),
            entry(0x63, DEBUG), entry(0x70, TRUSTY), entry(0x71, TRUSTY), entry(0x72, TRUSTY), entry(0x90, TEE),
            entry(0x91, TEE));

    private FailedCalls() {
    }

    /** {@return those that a test lets fail} */
    static Set<HypercallId> tested() {
        Set<HypercallId> tested = EnumSet.copyOf(ON_A_VM);
        tested.addAll(ALONE);
        return tested;
    }
}
