package org.cupule.host.linux;

import static org.assertj.core.api.Assertions.assertThat;

import org.cupule.host.Host;
import org.cupule.tck.host.DeviceFileContract;
import org.junit.jupiter.api.Test;

class LinuxDeviceFileTest extends DeviceFileContract {
    @Override
    protected Host host() {
        return new LinuxHost();
    }

    @Test
    void theSignalIsOneThatTheJvmDoesNotUse() {
        assertThat(Signals.number()).isBetween(44, 60);
    }
}
