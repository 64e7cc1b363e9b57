package org.cupule.machine.device;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import org.cupule.abi.IoRequestPage;
import org.cupule.dev.uart.Uart16550Factory;
import org.cupule.hsm.ioreq.IoHandler;
import org.cupule.machine.fake.FakeAccess;
import org.junit.jupiter.api.Test;

/** What an access costs the host's heap: nothing. */
class AccessCostTest {
    private static final int ACCESSES = 20_000;

    private final DeviceBench bench = new DeviceBench();

    private static long allocated(IoHandler handler, FakeAccess access) {
        var threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long sum = 0;
        for (int i = 0; i < ACCESSES; i++) {
            sum += handler.handle(access);
        }
        long before = threads.getCurrentThreadAllocatedBytes();
        for (int i = 0; i < ACCESSES; i++) {
            sum += handler.handle(access);
        }
        long used = threads.getCurrentThreadAllocatedBytes() - before;
        assertThat(sum).isNotEqualTo(Long.MIN_VALUE);
        return used;
    }

    @Test
    void anAccessToADeviceAllocatesNothing() {
        bench.plug(new Uart16550Factory());
        var access = new FakeAccess(0, IoRequestPage.PORTIO, 0x3FD, 1, false, 0, 0, 0);
        assertThat(allocated(bench.vm.ioRequests().handler("x"), access)).isLessThan(ACCESSES);
    }

    @Test
    void aLineThatIsDrivenAllocatesNothing() {
        var lines = new GsiLines(new org.cupule.hsm.interrupt.Interrupts() {
            @Override
            public void line(int gsi, int operation) {
                // Nobody listens.
            }

            @Override
            public void msi(org.cupule.types.Msi msi) {
                // Nobody listens.
            }
        });
        var driver = LineDriver.of(lines, 4);
        assertThat(allocated(access -> {
            driver.drive(access.write());
            driver.drive(!access.write());
            return 0;
        }, new FakeAccess(0, 0, 0, 1, true, 0, 0, 0))).isLessThan(ACCESSES);
    }

    @Test
    void anAccessThatNobodyClaimsAllocatesNothingTheSecondTime() {
        var access = new FakeAccess(0, IoRequestPage.MMIO, 0xB_8000, 2, true, 7, 0, 0);
        assertThat(allocated(bench.devices::unclaimed, access)).isLessThan(ACCESSES);
    }
}
