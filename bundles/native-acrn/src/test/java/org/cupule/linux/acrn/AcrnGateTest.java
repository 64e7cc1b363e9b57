package org.cupule.linux.acrn;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.cupule.host.DeviceFile;
import org.cupule.host.linux.LinuxHost;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Why there is no ACRN: each cause in one sentence, with what to do. */
class AcrnGateTest {
    private final LinuxHost host = new LinuxHost();
    @TempDir
    private Path folder;

    @Test
    void aMissingDeviceIsToldOf() {
        assertThat(AcrnGate.whyNot(host, "/dev/no such device")).contains("/dev/no such device is not there",
                "modul").doesNotContain(". ");
    }

    @Test
    void anotherDeviceIsToldOf() {
        assertThat(AcrnGate.whyNot(host, "/dev/null")).contains("/dev/null is not the device of ACRN's driver");
    }

    @Test
    void aPathThatCannotBeOpenedIsToldOfWithTheErrorNumber() throws IOException {
        Path directory = Files.createDirectory(folder.resolve("directory"));

        assertThat(AcrnGate.whyNot(host, directory.toString())).contains("cannot be opened", "errno 21");
    }

    @Test
    void aMissingRightIsToldOf() {
        assertThat(AcrnGate.whyNot(new DeniedHost(), "/dev/acrn_hsm")).contains("may not be opened by this user",
                "run as root");
    }

    @Test
    void aHostWithoutDevicesIsToldOf() {
        assertThat(AcrnGate.whyNot(new OldHost(), "/dev/acrn_hsm")).contains("the host opens no devices");
    }

    @Test
    void withoutHostDeniedNativeAccessIsToldOfWithWhatToDo() {
        assertThat(AcrnGate.withoutHost("/dev/acrn_hsm", "Linux", () -> {
            throw new IllegalCallerException("denied");
        })).contains("/dev/acrn_hsm cannot be opened", "native access is denied",
                "--enable-native-access=ALL-UNNAMED").doesNotContain(". ");
    }

    @Test
    void withoutHostAnAllowedNativeAccessIsNotBlamed() {
        assertThat(AcrnGate.withoutHost("/dev/acrn_hsm", "Linux", () -> {
        })).contains("the bundle host-linux is not active").doesNotContain("denied");
        assertThat(AcrnGate.withoutHost("/dev/acrn_hsm", "Plan 9", () -> {
        })).isEqualTo("this is Plan 9, not Linux");
    }

    @Test
    void aDriverIsThere() {
        TwinDriver driver = new TwinDriver(java.util.List.of(new org.cupule.tck.hsm.FakeHypervisor()));

        assertThat(AcrnGate.whyNot(new OldHost() {
            @Override
            public DeviceFile open(Path path) {
                return driver.open();
            }
        }, "/dev/acrn_hsm")).isEmpty();
        assertThat(driver.openFiles()).isZero();
    }
}
