package org.cupule.hsm.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DebianPackagesTest {
    @TempDir
    Path cache;
    private final List<String> told = new ArrayList<>();

    private DebianPackages packages(Errno fault) {
        return new DebianPackages(cache, told::add, (folder, name, progress) -> {
            throw new HsmException(fault, "apt-get", "as the test wants");
        });
    }

    private void unpacked(String version) throws IOException {
        Path kernel = cache.resolve("linux-image-" + version);
        Files.createDirectories(kernel.resolve("boot"));
        Files.createDirectories(kernel.resolve("lib/modules").resolve(version));
        Files.writeString(kernel.resolve("boot").resolve("vmlinuz-" + version), "KERNEL");
    }

    @Test
    void theNewestKernelIsTheOneWithTheHighestNumbers() throws IOException {
        unpacked("6.1.0-9-cloud-amd64");
        unpacked("6.1.0-56-cloud-amd64");
        unpacked("5.10.0-99-cloud-amd64");
        Files.createDirectories(cache.resolve("linux-image-of-somebody"));

        assertThat(packages(Errno.EIO).kernel(false).image()).hasFileName("vmlinuz-6.1.0-56-cloud-amd64");
        assertThat(told).isEmpty();
    }

    @Test
    void withoutANetworkItSaysHowToDoWithout() {
        assertThatThrownBy(() -> packages(Errno.EIO).busybox(false)).isInstanceOf(HsmException.class)
                .hasMessageContaining("busybox-static cannot be fetched").hasMessageContaining("apt-get update")
                .hasMessageContaining("--kernel FILE --initrd FILE").hasMessageContaining("as the test wants");
        assertThat(told).containsExactly("fetching busybox-static");
        assertThat(cache).isEmptyDirectory();
    }

    @Test
    void anInterruptIsNoFaultOfTheNetwork() {
        assertThatThrownBy(() -> packages(Errno.EINTR).busybox(false)).isInstanceOf(HsmException.class)
                .hasMessageNotContaining("network");
    }
}
