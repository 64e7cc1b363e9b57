package org.cupule.itests;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import javax.inject.Inject;
import org.junit.Test;
import org.junit.runner.RunWith;
import org.ops4j.pax.exam.Configuration;
import org.ops4j.pax.exam.Option;
import org.ops4j.pax.exam.junit.PaxExam;
import org.ops4j.pax.exam.spi.reactors.ExamReactorStrategy;
import org.ops4j.pax.exam.spi.reactors.PerClass;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;

/** The platform as a whole, in Felix. */
@RunWith(PaxExam.class)
@ExamReactorStrategy(PerClass.class)
public class WiringIT {
    @Inject
    private BundleContext context;

    /** {@return the platform} */
    @Configuration
    public Option[] configuration() throws IOException {
        return new Option[]{TestPlatform.platform()};
    }

    @Test
    public void everyBundleIsActive() {
        assertThat(context.getBundles()).allMatch(bundle -> bundle.getState() == Bundle.ACTIVE);
    }

    @Test
    public void runsOnJava25() {
        assertThat(Runtime.version().feature()).isEqualTo(25);
    }

    @Test
    public void hasTheBundlesOfTheProject() {
        assertThat(context.getBundles()).extracting(Bundle::getSymbolicName)
                .contains("org.cupule.hsm.api", "org.cupule.hsm.impl", "org.cupule.hv.sim", "org.cupule.machine");
    }
}
