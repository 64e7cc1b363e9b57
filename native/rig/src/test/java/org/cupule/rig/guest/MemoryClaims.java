package org.cupule.rig.guest;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import java.util.List;
import org.cupule.abi.AcrnVmMemmap;
import org.cupule.abi.IoctlNumber;
import org.cupule.rig.guest.StandIn.Hypercall;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Linux's driver itself: guest memory. */
class MemoryClaims extends DriverFixture {
    private static final int HUGE_PAGE = 2 << 20;
    private static final int SET_REGIONS = 0x8000_0042;
    private static final int MAPPINGS = 256;

    @Test
    @DisplayName("HSM-MEM-01 HSM-MEM-02 HSM-MEM-03 a wrong type, unset RAM and RAM of less than a page are EINVAL")
    void refused() {
        created();
        MemorySegment memory = Sys.map(PAGE, 0);
        AcrnVmMemmap map = ram(0, memory);
        map.type(2);
        assertThat(ioctl(IoctlNumber.SET_MEMSEG, map)).isEqualTo(EINVAL);
        assertThat(ioctl(IoctlNumber.UNSET_MEMSEG, map)).isEqualTo(EINVAL);
        map.type(AcrnVmMemmap.RAM);
        assertThat(ioctl(IoctlNumber.UNSET_MEMSEG, map)).isEqualTo(EINVAL);
        map.len(PAGE - 1);
        assertThat(ioctl(IoctlNumber.SET_MEMSEG, map)).isEqualTo(EINVAL);
        Sys.unmap(memory);
    }

    @Test
    @DisplayName("HSM-MEM-04 HSM-MEM-06 small pages are one hypercall, a region each, write-back whatever was wished")
    void smallPages() {
        created();
        MemorySegment memory = Sys.map(4 * PAGE, Sys.POPULATE);
        AcrnVmMemmap map = ram(0x10000, memory);
        map.attr(AcrnVmMemmap.UC | 3);
        List<Hypercall> calls = StandIn.during(() -> assertThat(ioctl(IoctlNumber.SET_MEMSEG, map)).isZero());

        assertThat(calls).singleElement().extracting(Hypercall::id).isEqualTo(SET_REGIONS);
        String[] regions = calls.getFirst().argument().split(" ");
        assertThat(regions).hasSize(5);
        assertThat(regions[1]).startsWith("00000000" + "43000000" + "0000010000000000").endsWith("0010000000000000");
        assertThat(regions[4]).contains("0030010000000000");
        Sys.unmap(memory);
    }

    @Test
    @DisplayName("HSM-MEM-05 a huge page is one region")
    void hugePage() {
        created();
        MemorySegment memory = Sys.map(HUGE_PAGE, Sys.HUGE | Sys.POPULATE);
        List<Hypercall> calls = StandIn
                .during(() -> assertThat(ioctl(IoctlNumber.SET_MEMSEG, ram(0x20_0000, memory))).isZero());
        String[] regions = calls.getFirst().argument().split(" ");
        assertThat(regions).hasSize(2);
        assertThat(regions[1]).endsWith("0000200000000000");
        Sys.unmap(memory);
    }

    @Test
    @DisplayName("HSM-MEM-10 HSM-MEM-11 HSM-MEM-06 device memory is one region, never cached, and can be unset")
    void deviceMemory() {
        created();
        AcrnVmMemmap map = zeros(AcrnVmMemmap.LAYOUT, AcrnVmMemmap::new);
        map.type(AcrnVmMemmap.MMIO);
        map.attr(AcrnVmMemmap.WB | 3);
        map.userVmPa(0xF000_0000L);
        map.vmaBase(0xF000_0000L);
        map.len(0x4000);
        List<Hypercall> calls = StandIn.during(() -> {
            assertThat(ioctl(IoctlNumber.SET_MEMSEG, map)).isZero();
            assertThat(ioctl(IoctlNumber.UNSET_MEMSEG, map)).isZero();
        });
        assertThat(calls.get(0).argument().split(" ")[1]).startsWith("00000000" + "03010000");
        assertThat(calls.get(1).argument().split(" ")[1]).startsWith("02000000" + "00000000");
        assertThat(ioctl(IoctlNumber.UNSET_MEMSEG, map)).as("HSM-MEM-11").isEqualTo(EINVAL);
        map.len(0x4001);
        assertThat(ioctl(IoctlNumber.SET_MEMSEG, map)).as("HSM-MEM-10").isEqualTo(EINVAL);
    }

    @Test
    @DisplayName("HSM-MEM-07 there are 256 mappings of RAM; the next one is ENOMEM and leaves nothing pinned")
    void mappings() {
        created();
        MemorySegment memory = Sys.map((MAPPINGS + 1L) * PAGE, Sys.POPULATE);
        for (int i = 0; i < MAPPINGS; i++) {
            assertThat(ioctl(IoctlNumber.SET_MEMSEG, ram((long) i * PAGE, memory.asSlice((long) i * PAGE, PAGE))))
                    .isZero();
        }
        long pinned = VmStat.pinned();
        assertThat(ioctl(IoctlNumber.SET_MEMSEG,
                ram((long) MAPPINGS * PAGE, memory.asSlice((long) MAPPINGS * PAGE, PAGE)))).isEqualTo(ENOMEM);
        assertThat(VmStat.pinned()).isEqualTo(pinned);
        Sys.unmap(memory);
    }

    @Test
    @DisplayName("HSM-MEM-08 HSM-MEM-09 memory that is partly not there or may not be written is refused, nothing stays pinned")
    void badMemory() {
        created();
        long pinned = VmStat.pinned();
        MemorySegment memory = Sys.map(4 * PAGE, Sys.POPULATE);
        assertThat(Sys.unmap(memory.asSlice(2 * PAGE, PAGE))).isZero();
        assertThat(ioctl(IoctlNumber.SET_MEMSEG, ram(0, memory))).isEqualTo(EFAULT);
        MemorySegment readOnly = memory.asSlice(0, PAGE);
        assertThat(Sys.protect(readOnly, Sys.READ)).isZero();
        assertThat(ioctl(IoctlNumber.SET_MEMSEG, ram(0, readOnly))).isEqualTo(EFAULT);
        assertThat(VmStat.pinned()).isEqualTo(pinned);
    }

    @Test
    @DisplayName("HSM-MEM-13 what the hypervisor refuses is its error, and the pages are let go")
    void refusedRegions() {
        created();
        long pinned = VmStat.pinned();
        MemorySegment memory = Sys.map(2 * PAGE, Sys.POPULATE);
        StandIn.fail(0x42, -22, 1);
        assertThat(ioctl(IoctlNumber.SET_MEMSEG, ram(0, memory))).isEqualTo(EINVAL);
        assertThat(VmStat.pinned()).isEqualTo(pinned);
        assertThat(ioctl(IoctlNumber.SET_MEMSEG, ram(0, memory))).isZero();
        Sys.unmap(memory);
    }
}
