rootProject.name = "on-the-class-path"
